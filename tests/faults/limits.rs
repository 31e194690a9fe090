//! Environments with small limits, few rights, and odd variables and descriptors.

use super::environments::{ALL, Environment, IN_TIME, May, try_all};
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::two_of_each;
use crate::support::programs::{Invocation, Stdout, ours, theirs};

const PRLIMIT: &str = "/usr/bin/prlimit";

/// Sizes of the address space, the data segment and the stack.
const SIZES: [(&str, &[u64]); 3] = [
    ("as", &[4 << 20, 8 << 20, 16 << 20, 32 << 20, 64 << 20, 128 << 20, 256 << 20, 512 << 20]),
    ("data", &[1 << 19, 1 << 20, 2 << 20, 4 << 20, 8 << 20, 16 << 20, 32 << 20]),
    ("stack", &[64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20]),
];

fn limited(resource: &str, limit: u64) -> Environment {
    let option = format!("--{resource}={limit}");
    Environment::new(&option[..]).through(&[PRLIMIT, &option, "--"])
}

/// Whether util-linux' `ipcs` runs with a limit.
fn theirs_runs(resource: &str, limit: u64) -> bool {
    let option = format!("--{resource}={limit}");
    theirs("ipcs", ["-a"]).through(&[PRLIMIT, &option, "--"]).run().status == Some(0)
}

/// How much more than util-linux the programs may need. An unoptimised build has larger stack frames.
fn factor() -> u64 {
    if std::env::var_os("IPCS_BIN_DIR").is_some() { 4 } else { 64 }
}

/// A fraction of the limit is enough for util-linux.
#[test]
fn with_little_memory() {
    require_root(EVERY_PROCESS);
    let environments: Vec<Environment> = SIZES
        .iter()
        .flat_map(|(resource, limits)| limits.iter().map(move |limit| (*resource, *limit)))
        .filter(|(resource, limit)| theirs_runs(resource, limit / factor()))
        .map(|(resource, limit)| limited(resource, limit))
        .collect();
    assert!(environments.len() >= 3, "util-linux' ipcs runs with {} limits", environments.len());
    try_all(ALL, &environments);
}

#[test]
fn with_few_descriptors_and_processes() {
    require_root(EVERY_PROCESS);
    let mut environments: Vec<Environment> =
        (4..12).map(|limit| limited("nofile", limit)).collect();
    environments.push(limited("nproc", 0));
    environments.push(limited("fsize", 0));
    environments.push(limited("rttime", 1_000_000));
    try_all(ALL, &environments);
}

#[test]
fn with_few_rights() {
    require_root(EVERY_PROCESS);
    let no_rights = May { lack_rights: true, ..May::default() };
    let other_ids = May { look_different: true, ..no_rights };
    let denied = |error: &str| {
        let inject = format!("inject=shmctl,msgctl,semctl:error={error}");
        let strace = ["/usr/bin/strace", "-f", "-qq", "-o", "/dev/null", "--seccomp-bpf", "-e"];
        let words = [&IN_TIME[..], &strace, &["trace=shmctl,msgctl,semctl", "-e", &inject, "--"]];
        Environment::new(format!("calls fail with {error}")).through(&words.concat())
    };
    try_all(
        ALL,
        &[
            Environment::new("no capabilities")
                .through(&["/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"])
                .may(no_rights),
            Environment::new("a user namespace without mapping")
                .through(&["/usr/bin/unshare", "--user", "--"])
                .may(other_ids),
            Environment::new("a pid namespace")
                .through(&["/usr/bin/unshare", "--pid", "--fork", "--"])
                .may(other_ids),
            denied("EPERM"),
            denied("ENOSYS"),
            denied("EACCES"),
        ],
    );
}

/// Variables that the programs and the C library read.
const VARIABLES: [&str; 5] = ["COLUMNS", "TZ", "LC_ALL", "TERM", "NO_COLOR"];

const NONSENSE: [&str; 12] = [
    "",
    "0",
    "1",
    "-1",
    "x",
    "../../etc",
    "/dev/zero",
    ":../../etc/passwd",
    "\u{1b}[31m",
    "99999999999999999999",
    "ABC-99999999",
    "<>99,M99.9.9",
];

#[test]
fn with_odd_variables() {
    let look_different = May { look_different: true, ..May::default() };
    let long = "9".repeat(100_000);
    let values = NONSENSE.iter().copied().chain([&long[..]]);
    let mut environments: Vec<Environment> = values
        .map(|value| {
            let shown: String = value.chars().take(20).collect();
            let value = value.to_owned();
            Environment::new(format!("all variables are {shown:?}"))
                .change(move |run| VARIABLES.iter().fold(run, |run, name| run.env(name, &value)))
                .may(look_different)
        })
        .collect();
    // The kernel gives a program without argv an empty name.
    let nameless = Environment::new("no name").change(|run| run.named(""));
    environments.push(nameless.may(look_different));
    try_all(ALL, &environments);
}

#[test]
fn with_descriptors_closed_or_full() {
    require_root(EVERY_PROCESS);
    let look_different = May { look_different: true, ..May::default() };
    let closed = |what: &str| {
        let script = format!(r#"exec "$0" "$@" {what}"#);
        Environment::new(what).through(&["/bin/sh", "-c", &script])
    };
    try_all(
        ALL,
        &[
            closed("<&-"),
            closed("<&- 2>&-"),
            closed(">&-").may(look_different),
            closed("<&- >&- 2>&-").may(look_different),
            closed(">/dev/full").may(look_different),
            closed(">/dev/full 2>/dev/full").may(May { lack_messages: true, ..look_different }),
        ],
    );
}

const FORMATS: [&str; 6] = ["classic", "table", "json", "jsonl", "raw", "export"];

fn shell(script: &str, run: Invocation) -> Invocation {
    run.through(&["/bin/sh", "-c", script])
}

/// As in util-linux, a closed output is not an error, but a full one is.
#[test]
fn each_format_with_closed_and_full_descriptors() {
    isolated(|| {
        two_of_each();
        for format in FORMATS {
            let run = || ours("ipcs", ["-a", "--format", format]);
            let whole = run().run();
            assert_eq!(whole.status, Some(0), "{whole:?}");
            for script in [r#"exec "$0" "$@" <&-"#, r#"exec "$0" "$@" 2>&-"#] {
                assert_eq!(shell(script, run()).run(), whole, "{format}: {script}");
            }
            let script = r#"exec "$0" "$@" <&- >&- 2>&-"#;
            let closed = shell(script, run()).run();
            assert_eq!((closed.status, closed.out(), closed.err()), (Some(0), "", ""), "{format}");
            let full = run().stdout(Stdout::Full).run();
            assert_eq!(full.err(), "ipcs: write error: No space left on device\n", "{format}");
            assert_eq!(full.status, Some(1), "{format}");
            // SIGXFSZ would end a program that does not ignore it.
            let script =
                r#"file=$(mktemp); "$0" "$@" >"$file"; status=$?; rm "$file"; exit $status"#;
            let limited = run().through(&[PRLIMIT, "--fsize=10", "/bin/sh", "-c", script]).run();
            assert_eq!(limited.err(), "ipcs: write error: File too large\n", "{format}");
            assert_eq!(limited.status, Some(1), "{format}");
        }
    });
}
