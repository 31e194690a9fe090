//! `ipcs -l` and `-u` with different limits of the namespace.

use crate::support::compare::Comparison;
use crate::support::namespace::{cover_directory, isolated, other_mounts, set_sysctl, sysctl};
use crate::support::objects::{Queue, Sems, Shm};

const LINES: &[&[&str]] =
    &[&["-l"], &["-l", "-b"], &["-l", "--human"], &["-u"], &["-u", "-b"], &["-u", "--human"]];

/// Files of /proc/sys/kernel and the values to try.
const VALUES: &[(&str, &[&str])] = &[
    (
        "shmmax",
        &[
            "0",
            "1",
            "999",
            "1000",
            "1023",
            "1024",
            "1025",
            "1536",
            "33554432",
            "1048575",
            "1073741824",
            "4294967295",
            "4294967296",
            "18446744073692774399",
            "18446744073709551615",
        ],
    ),
    (
        "shmall",
        &[
            "0",
            "1",
            "255",
            "256",
            "2097152",
            "4294967296",
            "4503599627370495",
            "4503599627370496",
            "4611686018427387903",
            "4611686018427387904",
            "18446744073692774399",
            "18446744073709551615",
        ],
    ),
    ("shmmni", &["0", "1", "4096", "32768"]),
    ("msgmni", &["0", "1", "32000", "32768"]),
    ("msgmax", &["0", "1", "1000", "1023", "8192", "65536", "1048575", "2147483647"]),
    ("msgmnb", &["0", "1", "1000", "16384", "65536", "1047000", "2147483647"]),
    (
        "sem",
        &[
            "32000 1024000000 500 32000",
            "250 32000 32 128",
            "1 1 1 1",
            "0 0 0 0",
            "2147483647 2147483647 2147483647 32768",
            // The kernel accepts these values, and then no set can be made.
            "-1 5 6 7",
            "5 -1 6 7",
            "5 6 -2147483648 7",
            "-1 -1 -1 0",
        ],
    ),
];

#[test]
fn shows_every_value_of_every_limit() {
    isolated(|| {
        let mut comparison = Comparison::new("limits");
        for (name, values) in VALUES {
            let before = sysctl(name);
            for value in *values {
                set_sysctl(name, value);
                assert_eq!(sysctl(name), *value, "the kernel took {name}");
                for line in &LINES[..3] {
                    comparison.same("ipcs", line);
                }
            }
            set_sysctl(name, &before);
        }
        let values: usize = VALUES.iter().map(|(_, values)| values.len()).sum();
        comparison.finish(values * 3);
    });
}

/// Without /proc/sys both programs use system calls, whose limits are signed.
#[test]
fn shows_negative_limits_without_proc() {
    isolated(|| {
        set_sysctl("sem", "-1 -2 -3 7");
        let mut comparison = Comparison::new("negative limits, /proc/sys/kernel hidden");
        other_mounts(|| {
            cover_directory("/proc/sys/kernel");
            for line in &LINES[..3] {
                comparison.same("ipcs", line);
            }
        });
        comparison.finish(3);
    });
}

#[test]
fn shows_limits_and_usage_with_objects() {
    isolated(|| {
        for size in [1, 4096, 4097, 5_000_000] {
            Shm::private(size, 0o600).attach().touch(size);
        }
        for length in [0, 1, 1023, 8000] {
            Queue::private(0o600).send(length);
        }
        for count in [1, 7, 250] {
            Sems::private(count, 0o600);
        }
        let mut comparison = Comparison::new("limits and use with objects");
        for line in LINES {
            comparison.same("ipcs", line);
            for kind in ["-m", "-q", "-s"] {
                let line: Vec<_> = line.iter().copied().chain([kind]).collect();
                comparison.same("ipcs", &line);
            }
        }
        comparison.finish(LINES.len() * 4);
    });
}

/// Objects made by ipcmk are shown by ipcs and removed by ipcrm, with our programs and
/// util-linux' in turn.
#[test]
fn programs_are_interchangeable() {
    use crate::support::programs::{ours, theirs};
    isolated(|| {
        let mut comparison = Comparison::new("made and removed by either");
        type Run = fn(&str, &[&str]) -> crate::support::programs::Invocation;
        let programs: [Run; 2] = [|name, args| theirs(name, args), |name, args| ours(name, args)];
        for make in programs {
            for remove in programs {
                for (create, kind, option) in [
                    (&["-M", "4096"][..], "-m", "-m"),
                    (&["-Q"], "-q", "-q"),
                    (&["-S", "3"], "-s", "-s"),
                ] {
                    let made = make("ipcmk", create).run();
                    assert_eq!(made.status, Some(0), "{}", made.err());
                    let id = made.out().trim().rsplit(' ').next().unwrap_or_default();
                    comparison.same("ipcs", &[kind]);
                    comparison.same("ipcs", &[kind, "-i", id]);
                    let removed = remove("ipcrm", &[option, id]).run();
                    assert_eq!((removed.status, removed.err()), (Some(0), ""));
                    comparison.same("ipcs", &[kind]);
                }
            }
        }
        comparison.finish(2 * 2 * 3 * 3);
    });
}
