//! Where stdout cannot be written: a full disk is an error with its reason, a
//! reader that went away is not.

use super::states;
use crate::support::compare::Comparison;
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::Shm;
use crate::support::programs::{Stdout, ours};

const LINES: &[&[&str]] = &[
    &[],
    &["-m"],
    &["-t"],
    &["-c", "-q"],
    &["-l"],
    &["-u"],
    &["-s", "-i", "0"],
    &["-m", "-i", "3"],
    &["--help"],
    &["--version"],
];

#[test]
fn full_disk() {
    isolated(|| {
        let _held = states::private_and_keyed();
        let mut comparison = Comparison::new("stdout is full");
        for line in &LINES[..7] {
            comparison.same_with("ipcs", line, |run| run.stdout(Stdout::Full));
        }
        comparison.finish(7);
    });
}

/// Also where more is written than fits a buffer: there util-linux has lost
/// the reason by the time it reports.
#[test]
fn full_disk_and_much_to_write() {
    isolated(|| {
        let _held = states::many();
        for line in LINES {
            let run = ours("ipcs", *line).stdout(Stdout::Full).run();
            let expected = "ipcs: write error: No space left on device\n";
            assert_eq!((run.status, run.err()), (Some(1), expected), "{line:?}");
        }
    });
}

/// Nothing was written, so nothing was lost; the id is still not there.
#[test]
fn full_disk_and_nothing_to_write() {
    isolated(|| {
        let run = ours("ipcs", ["-m", "-i", "7"]).stdout(Stdout::Full).run();
        assert_eq!((run.status, run.err()), (Some(1), "ipcs: id 7 not found\n"));
    });
}

#[test]
fn reader_gone_or_stdout_closed() {
    isolated(|| {
        let _held = states::many();
        for stdout in [Stdout::NoReader, Stdout::Closed] {
            for line in LINES {
                let run = ours("ipcs", *line).stdout(stdout).run();
                assert_eq!((run.status, run.err()), (Some(0), ""), "{stdout:?} {line:?}");
            }
            // The removal itself happens.
            let run = ours("ipcrm", ["-v", "-ashm"]).stdout(stdout).run();
            assert_eq!((run.status, run.err()), (Some(0), ""), "{stdout:?} ipcrm");
            let run = ours("ipcmk", ["-M", "4096"]).stdout(stdout).run();
            assert_eq!((run.status, run.err()), (Some(0), ""), "{stdout:?} ipcmk");
            let run = ours("ipcs", ["-u", "-m"]).run();
            assert!(run.out().contains("segments allocated 1\n"), "{}", run.out());
            // What `ipcs -m -i 3` looks for is there again.
            set_sysctl("shm_next_id", "3");
            assert_eq!(Shm::private(1, 0o600).id, 3, "the id asked for");
        }
    });
}

/// Descriptor 1 is open, but not for writing: as with one that is closed, nobody wants the output.
#[test]
fn stdout_is_open_for_reading_only() {
    isolated(|| {
        let _held = states::private_and_keyed();
        let shell = ["/bin/sh", "-c", "exec \"$0\" \"$@\" 1</dev/null"];
        let mut comparison = Comparison::new("stdout is read-only");
        for line in &LINES[..7] {
            comparison.same_with("ipcs", line, |run| run.through(&shell));
        }
        comparison.same_with("ipcmk", &["-Q"], |run| run.through(&shell));
        comparison.finish(8);
        let run = ours("ipcs", ["-m"]).through(&shell).run();
        assert_eq!((run.status, run.err()), (Some(0), ""));
    });
}

/// A failure that cannot be told still counts.
#[test]
fn stderr_closed() {
    isolated(|| {
        let _held = states::private_and_keyed();
        let shell = ["/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&-"];
        let mut comparison = Comparison::new("stderr is closed");
        for (name, args) in [
            ("ipcs", &["-m", "-i", "7777"][..]),
            ("ipcs", &["-m"]),
            ("ipcs", &["--nosuch"]),
            ("ipcrm", &["-m", "7777"]),
            ("ipcmk", &["-S", "0"]),
        ] {
            comparison.same_with(name, args, |run| run.through(&shell));
        }
        comparison.finish(5);
    });
}

/// A signal that ends a write before it has written anything, as when a terminal changes its size.
#[test]
fn an_interrupted_write_is_no_error() {
    isolated(|| {
        let _held = states::private_and_keyed();
        let whole = ours("ipcs", ["-m"]).run();
        let inject = "inject=write:error=EINTR:when=1";
        let strace = ["/usr/bin/strace", "-f", "-qq", "-e", "trace=write", "-e", inject];
        let words = [&strace[..], &["-o", "/dev/null", "--"]].concat();
        let run = ours("ipcs", ["-m"]).through(&words).run();
        assert_eq!((run.status, run.out(), run.err()), (Some(0), whole.out(), ""));
    });
}

/// Where all three are closed, files of the kernel must not stand in for them: what is written
/// would go there.
#[test]
fn no_file_takes_the_place_of_a_closed_descriptor() {
    isolated(|| {
        let _held = states::private_and_keyed();
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let path = file.path().to_str().expect("a temporary path in UTF-8");
        let close = "exec \"$0\" \"$@\" <&- >&- 2>&-";
        let strace =
            ["/usr/bin/strace", "-f", "-qq", "-e", "trace=openat,open,write", "-o", path, "--"];
        let words = [&strace[..], &["/bin/sh", "-c", close]].concat();
        for (name, args) in [
            ("ipcs", &["-a"][..]),
            ("ipcs", &["-P"]),
            ("ipcrm", &["-m", "7777", "--older", "0s"]),
            ("ipcrm", &["-n", "-m", "7777"]),
        ] {
            let run = ours(name, args).through(&words).run();
            assert_eq!((run.out(), run.err()), ("", ""), "{name} {args:?}");
            let text = std::fs::read_to_string(path).expect("what strace wrote; it is needed");
            let standard =
                |line: &&str| [" = 0", " = 1", " = 2"].iter().any(|end| line.ends_with(end));
            let files = text.lines().filter(|line| line.contains("open")).filter(standard);
            // The dynamic linker comes first, and closes what it opened.
            let others: Vec<_> = files.filter(|line| !line.contains("/lib")).collect();
            let null = others.iter().filter(|line| line.contains("\"/dev/null\", O_RDWR"));
            assert_eq!(null.count(), 3, "{name} {args:?}: {others:#?}");
            let of_kernel = others.iter().filter(|line| line.contains("\"/proc/"));
            assert_eq!(of_kernel.count(), 0, "{name} {args:?}: {others:#?}");
        }
    });
}
