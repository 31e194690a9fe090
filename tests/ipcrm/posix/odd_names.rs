//! Names come from strangers and may have any bytes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::namespace::isolated;
use crate::support::posix::{files, queue, queues, semaphore, shm};
use crate::support::programs::ours;

/// Names that every kind can have: a prefix of semaphores fits too.
fn names() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        &b"with blanks "[..],
        b" ",
        b"line\nbreak",
        b"\x1b[2Jescape",
        b"-n",
        b"--all",
        b"shm",
        b"5",
        b"...",
        b"\xff\xfe",
        b"a`b'$(c)",
        "\u{202e}turned".as_bytes(),
        b"*",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    names.push(vec![b'y'; 251]);
    names
}

fn slashed(name: &[u8]) -> Vec<u8> {
    [b"/", name].concat()
}

fn make() {
    for name in names() {
        drop(shm(slashed(&name), 10, 0o600));
        drop(queue(slashed(&name), 0o600));
        semaphore(slashed(&name), 1);
        // A neighbour that a name cut or taken for a pattern would hit.
        drop(shm([&slashed(&name)[..], b"+"].concat(), 10, 0o600));
    }
}

#[test]
fn any_name_removes_its_object_only() {
    isolated(|| {
        make();
        for name in names() {
            for option in ["--posix-shmem", "--posix-mqueue", "--posix-semaphore"] {
                let before = (files(), queues());
                let argument = [option.as_bytes(), b"=", &name].concat();
                let run = ours("ipcrm", [OsStr::from_bytes(&argument)]).run();
                assert_eq!((run.status, run.out(), run.err()), (Some(0), "", ""), "{name:?}");
                let after = (files(), queues());
                let length = |(files, queues): (String, String)| files.len() + queues.len();
                assert!(length(after) < length(before), "{name:?}");
            }
        }
        assert_eq!(queues(), "");
        let left: Vec<Vec<u8>> = std::fs::read_dir("/dev/shm")
            .expect("/dev/shm")
            .map(|entry| entry.expect("an entry").file_name().as_bytes().to_vec())
            .collect();
        assert_eq!(left.len(), names().len());
        assert!(left.iter().all(|name| name.ends_with(b"+")), "{left:?}");
    });
}

#[test]
fn a_kind_word_takes_any_names_with_a_slash() {
    isolated(|| {
        make();
        for kind in ["pshm", "pmsg", "psem"] {
            let mut args = vec![kind.as_bytes().to_vec()];
            args.extend(names().iter().map(|name| slashed(name)));
            let run = ours("ipcrm", args.iter().map(|arg| OsStr::from_bytes(arg))).run();
            assert_eq!((run.out(), run.err()), ("resource(s) deleted\n", ""));
        }
        assert_eq!(queues(), "");
        assert!(files().split('+').count() == names().len() + 1, "{}", files());
    });
}

#[test]
fn the_longest_names() {
    isolated(|| {
        let longest = "z".repeat(255);
        let name = format!("/{longest}");
        drop(shm(&name, 10, 0o600));
        drop(queue(&name, 0o600));
        for option in ["--posix-shmem", "--posix-mqueue"] {
            let run = ours("ipcrm", [option, &name]).run();
            assert_eq!((run.status, run.err()), (Some(0), ""));
        }
        assert_eq!((files(), queues()), (String::new(), String::new()));
    });
}

#[test]
fn names_are_escaped_in_text() {
    isolated(|| {
        drop(shm("/a\x1b[2J\nb", 10, 0o600));
        let args = ["-n", "--posix-shmem", "a\x1b[2J\nb", "--posix-shmem", "\x1b[2J"];
        let run = ours("ipcrm", args).run();
        assert!(run.out().contains("shared memory object a\\x1b[2J\\x0ab ("), "{run:?}");
        assert!(run.out().contains("would fail: name `\\x1b[2J' not found\n"), "{run:?}");
        let run = ours("ipcrm", ["-v", "--all=pshm"]).run();
        assert_eq!(run.out(), "removing POSIX shared memory `a\\x1b[2J\\x0ab'\n");
    });
}
