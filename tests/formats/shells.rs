//! `--format export`, evaluated by common shells.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::creator::Creator;
use super::{LONG_UID, between, columns, csv_rows, ipcs, rich};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root, require_users};
use crate::support::objects::{Queue, Sems, Shm};

/// All three must be installed.
const SHELLS: [&str; 3] = ["/bin/dash", "/bin/bash", "/bin/zsh"];
const LOCALES: [&str; 2] = ["C", "C.UTF-8"];

/// Runs a script in the directory of the file `listing`.
fn run(shell: &str, locale: &str, directory: &Path, script: &str) -> Output {
    assert!(Path::new(shell).exists(), "this test needs {shell}: install dash, bash and zsh");
    Command::new(shell)
        .args(["-c", script])
        .env_clear()
        .envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("LC_ALL", locale)])
        .current_dir(directory)
        .output()
        .unwrap_or_else(|error| panic!("running {shell}: {error}"))
}

/// Requires that every shell prints `expected` for a listing, and creates no file.
#[track_caller]
fn assert_in_every_shell(listing: &[u8], script: &str, expected: &[u8]) {
    for shell in SHELLS {
        for locale in LOCALES {
            let directory = tempfile::tempdir().expect("a temporary directory");
            fs::write(directory.path().join("listing"), listing).expect("writing the listing");
            let output = run(shell, locale, directory.path(), script);
            let context = format!("{shell} in {locale}: {output:?}");
            assert!(output.status.success() && output.stderr.is_empty(), "{context}");
            assert!(
                output.stdout == expected,
                "{context}\nexpected \"{}\"\nread     \"{}\"",
                expected.escape_ascii(),
                output.stdout.escape_ascii()
            );
            let files: Vec<_> = fs::read_dir(directory.path())
                .expect("the directory")
                .map(|entry| entry.expect("an entry").file_name())
                .collect();
            assert_eq!(files, ["listing"], "a command was executed by {context}");
        }
    }
}

/// Command lines that a shell could mistake for commands or quotes.
fn nasty() -> Vec<Vec<u8>> {
    let every_byte: Vec<u8> = (1..=255).collect();
    let mut nasty: Vec<Vec<u8>> = [
        &b"'"[..],
        b"''",
        b"'\\''",
        b"\"",
        b"\\",
        b"\\\\n",
        b"$HOME",
        b"${x:=1}",
        b"~",
        b"*",
        b"a=b",
        b"$(touch pwned)",
        b"`touch pwned`",
        b"'; touch pwned; '",
        b"\"; touch pwned; \"",
        b"'\n touch pwned \n'",
        b"x\ntouch pwned\n",
        b"\n",
        b"\n\n\n",
        b" \t ",
        b"!!",
        b"#",
        b"-n",
        b"\n.\n",
        b"a\n1 \\0101 %s '\n\"",
        b"COMMAND='$(touch pwned)'\n",
        b"\xff\xfe",
        b"\xc3",
        b"\x81\x82\x83\x84\x88",
        b"\x1b[31m",
        b"{a,b}",
        b"a;b",
        b"a&b|c>d<e",
        b"%s%n",
        b"\r\n",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    nasty.push(every_byte);
    nasty
}

#[test]
fn shells_read_back_the_exact_bytes() {
    isolated(|| {
        let creators: Vec<_> = nasty().iter().map(|argv| Creator::named(&[argv])).collect();
        let listing = ipcs(&["-m", "--format", "export", "-o", "command"]).stdout;
        assert_eq!(listing.iter().filter(|byte| **byte == b'\n').count(), creators.len());
        let expected: Vec<u8> =
            nasty().iter().flat_map(|argv| [argv, &b"|"[..]].concat()).collect();
        // Line by line, in a loop over the objects.
        assert_in_every_shell(
            &listing,
            "while IFS= read -r line; do eval \"$line\" && printf '%s|' \"$COMMAND\"; done <listing",
            &expected,
        );
        // Declared in a function. Afterwards local variables are unset, and exported ones are set.
        for (declaration, after) in [("local", "0\n"), ("export", "3 1\n")] {
            let script = format!(
                "show() {{ eval \"{declaration} $line\" && printf '%s|' \"$COMMAND\"; }}
                 while IFS= read -r line; do show; done <listing; echo ${{#KIND}} ${{COMMAND:+1}}"
            );
            assert_in_every_shell(&listing, &script, &[&expected[..], after.as_bytes()].concat());
        }
        // All lines at once: the last value remains.
        let last = nasty().pop().expect("a command line");
        assert_in_every_shell(&listing, "eval \"$(cat listing)\" && printf %s \"$COMMAND\"", &last);
    });
}

#[test]
fn does_not_change_the_ids_of_the_shell() {
    require_users("it gives objects to other users");
    isolated(|| {
        Shm::private(1, 0o600).set(LONG_UID, LONG_UID + 1, 0o600);
        let listing = ipcs(&["-m", "--format", "export", "-o", "uid,gid,cuid,cgid"]).stdout;
        assert_eq!(listing, b"KIND=shm IPC_UID=4242 IPC_GID=4243 CUID=0 CGID=0\n");
        assert_in_every_shell(
            &listing,
            "eval \"$(cat listing)\" && echo $IPC_UID $IPC_GID $CUID $CGID $(id -u) $(id -g) $(id -G)",
            format!("4242 4243 0 0 {}\n", identity()).as_bytes(),
        );
        // Why the names have a prefix: UID is read-only in bash, and zsh changes the user.
        let directory = tempfile::tempdir().expect("a temporary directory");
        let bash = run("/bin/bash", "C", directory.path(), "eval 'UID=4242'");
        assert!(!bash.status.success(), "{bash:?}");
        let zsh = run("/bin/zsh", "C", directory.path(), "eval 'UID=4242'; id -u");
        assert_eq!(zsh.stdout, b"4242\n", "{zsh:?}");
    });
}

/// The output of `id` for the user that runs the tests.
fn identity() -> String {
    let id = |option| {
        let output = Command::new("id").arg(option).output().expect("running id");
        String::from_utf8(output.stdout).expect("numbers").trim().to_owned()
    };
    [id("-u"), id("-g"), id("-G")].join(" ")
}

#[test]
fn shells_can_evaluate_every_column() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let _rich = rich();
        for (option, kind) in super::KINDS {
            let names = columns(kind);
            let list = names.join(",");
            let (csv, listing) = between(
                || ipcs(&[option, "--format", "csv", "-o", &list]).stdout,
                || ipcs(&[option, "--format", "export", "-o", &list]).stdout,
            );
            let csv = csv_rows(&csv);
            let variables: Vec<_> =
                names.iter().map(|name| ipcs::render::export::variable(name)).collect();
            for variable in &variables {
                let shape = |b: u8| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit();
                assert!(variable.bytes().all(shape), "{variable}");
            }
            let words: Vec<_> = variables.iter().map(|name| format!("\"${name}\"")).collect();
            let script = format!(
                "while IFS= read -r line; do eval \"$line\"; printf '%s|' {}; echo; done <listing",
                words.join(" ")
            );
            let expected: String = csv[1..].iter().map(|row| row.join("|") + "|\n").collect();
            assert_in_every_shell(&listing, &script, expected.as_bytes());
        }
    });
}

#[test]
fn shells_can_evaluate_several_kinds_limits_and_summary() {
    isolated(|| {
        Shm::private(1, 0o600);
        Queue::private(0o600);
        Sems::private(1, 0o600);
        let listing = ipcs(&["--format", "export", "-o", "id"]).stdout;
        assert_eq!(listing, b"KIND=shm ID=0\nKIND=msg ID=0\nKIND=sem ID=0\n");
        for view in ["-l", "-u"] {
            let listing = ipcs(&[view, "--format", "export"]).stdout;
            let csv = csv_rows(&ipcs(&[view, "--format", "csv"]).stdout);
            let expected: String =
                csv[1..].iter().map(|row| format!("{}|{}|{}\n", row[1], row[2], row[7])).collect();
            assert_in_every_shell(
                &listing,
                "while IFS= read -r line; do eval \"$line\"; \
                 echo \"$RESOURCE|$DESCRIPTION|$SYSCTL\"; done <listing",
                expected.as_bytes(),
            );
        }
    });
}
