//! Small resource limits (`prlimit`): an answer or an error line, never a signal.

use crate::support::namespace::isolated;
use crate::support::objects::{PRIVATE, Queue, Sems, Shm, two_of_each};
use crate::support::programs::{Outcome, ours};

const PRLIMIT: &str = "/usr/bin/prlimit";
const KIB: usize = 1024;

fn limited(limit: &str, value: usize, (program, args): (&str, &[&str])) -> Outcome {
    ours(program, args).through(&[PRLIMIT, &format!("--{limit}={value}")]).run()
}

/// Raises a limit step by step. Below some value the kernel or the dynamic linker cannot start the
/// program at all. From the first value on with which the program speaks itself, it has to end by
/// itself. Returns how often it reported that it has no memory.
fn raise(limit: &str, values: impl Iterator<Item = usize>, line: (&str, &[&str])) -> usize {
    let (mut started, mut refused) = (false, 0);
    for value in values {
        let run = limited(limit, value, line);
        let context = format!("{line:?} with --{limit}={value}: {run:?}");
        assert!(!String::from_utf8_lossy(&run.stderr).contains("allocation"), "{context}");
        let expected = format!("{}: out of memory\n", line.0);
        let without_memory = run.status == Some(1) && run.stderr == expected.as_bytes();
        refused += usize::from(without_memory);
        started |= without_memory || run.status == Some(0);
        assert!(!started || without_memory || run.status == Some(0), "{context}");
    }
    assert!(started, "{line:?} never started with --{limit}");
    refused
}

const LINES: &[(&str, &[&str])] = &[
    ("ipcs", &[]),
    ("ipcs", &["-a", "--json"]),
    ("ipcs", &["-a", "--table"]),
    ("ipcs", &["-a", "-P"]),
    ("ipcs", &["--help"]),
    ("ipcs", &["-h"]),
    ("ipcs", &["--list-candidates", "shm"]),
    ("ipcrm", &["-n", "-m", "0"]),
    ("ipcmk", &["-Q"]),
];

#[test]
fn too_little_memory_is_an_error_line() {
    isolated(|| {
        two_of_each();
        for line in LINES {
            // Whether the dynamic linker needs more than the program depends on the build; the test
            // below has runs that are refused.
            raise("data", (0..80).map(|step| step * 16 * KIB), *line);
        }
    });
}

/// A sorted list needs memory for each object, and many objects are read by two threads.
#[test]
fn too_little_memory_for_many_objects_is_an_error_line() {
    isolated(|| {
        for _ in 0..4_090 {
            Shm::keyed(PRIVATE, 4096, 0o600);
            Queue::keyed(PRIVATE, 0o600);
            Sems::keyed(PRIVATE, 2, 0o600);
        }
        let sizes = || (1..20).map(|step| step * 2 * KIB * KIB);
        let mut refused = 0;
        for args in [&["-a", "--sort", "id"][..], &["-a", "--table"]] {
            refused += raise("data", sizes(), ("ipcs", args));
            raise("as", sizes().map(|size| size + 16 * KIB * KIB), ("ipcs", args));
        }
        assert!(refused > 0, "no run had too little memory");
    });
}

/// util-linux' programs die from SIGXFSZ.
#[test]
fn a_file_that_may_not_grow_is_a_write_error() {
    isolated(|| {
        two_of_each();
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let path = file.path().display();
        let script = format!("exec \"$0\" \"$@\" >'{path}'");
        let starter = ["/bin/sh", "-c", &script, PRLIMIT, "--fsize=10"];
        for (program, args) in [
            ("ipcs", &["-a"][..]),
            ("ipcs", &["-a", "--json"]),
            ("ipcrm", &["-v", "-Q", "0x7fffffff", "-n", "--all=msg"]),
            ("ipcmk", &["-Q"]),
        ] {
            let run = ours(program, args).through(&starter).run();
            let expected = format!("{program}: write error: File too large\n");
            let line = run.err().lines().last().unwrap_or_default();
            assert_eq!((run.status, line), (Some(1), expected.trim_end()), "{run:?}");
            assert_eq!(file.as_file().metadata().expect("its size").len(), 10);
        }
    });
}

/// A script may generate the command line. After a hundred mistakes no more words are looked up.
#[test]
fn reports_a_hundred_mistakes_of_a_long_command_line() {
    let many = |prefix: &str| (0..5_000).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>();
    for (program, words) in [
        ("ipcs", many("--key=w")),
        ("ipcs", vec![format!("--owner={}", many("w").join(","))]),
        ("ipcrm", many("-mw")),
        // Without an option of ours, each word has its line, as with util-linux.
        ("ipcrm", [vec!["-J".to_owned(), "shm".to_owned()], many("w")].concat()),
        ("ipcmk", many("-Mw")),
    ] {
        let run = ours(program, &words).run();
        let lines: Vec<_> = run.err().lines().collect();
        assert_eq!((run.status, lines.len()), (Some(1), 102), "{program}: {:?}", &lines[..2]);
        assert_eq!(lines[100], format!("{program}: there are more errors"));
        assert!(lines[101].starts_with("Try '"), "{}", lines[101]);
    }
}
