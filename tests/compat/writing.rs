//! Standard output that cannot be written: a full disk is an error, a reader that closed
//! the pipe is not.

use super::states;
use crate::support::compare::Comparison;
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::Shm;
use crate::support::programs::{Stdout, ours};
use crate::support::strace::{injected, traced_through};

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
fn reports_a_full_disk() {
    isolated(|| {
        let _held = states::private_and_keyed();
        let mut comparison = Comparison::new("stdout is full");
        for line in &LINES[..7] {
            comparison.same_with("ipcs", line, |run| run.stdout(Stdout::Full));
        }
        comparison.finish(7);
    });
}

/// Also when the output is larger than a buffer. util-linux does not report the reason
/// then.
#[test]
fn reports_a_full_disk_after_long_output() {
    isolated(|| {
        let _held = states::many();
        for line in LINES {
            let run = ours("ipcs", *line).stdout(Stdout::Full).run();
            let expected = "ipcs: write error: No space left on device\n";
            assert_eq!((run.status, run.err()), (Some(1), expected), "{line:?}");
        }
    });
}

/// Nothing was written, so only the missing id is reported.
#[test]
fn a_full_disk_without_output_is_not_an_error() {
    isolated(|| {
        let run = ours("ipcs", ["-m", "-i", "7"]).stdout(Stdout::Full).run();
        assert_eq!((run.status, run.err()), (Some(1), "ipcs: id 7 not found\n"));
    });
}

#[test]
fn ignores_a_closed_pipe_or_standard_output() {
    isolated(|| {
        let _held = states::many();
        for stdout in [Stdout::NoReader, Stdout::Closed] {
            for line in LINES {
                let run = ours("ipcs", *line).stdout(stdout).run();
                assert_eq!((run.status, run.err()), (Some(0), ""), "{stdout:?} {line:?}");
            }
            // The objects are removed and made.
            let run = ours("ipcrm", ["-v", "-ashm"]).stdout(stdout).run();
            assert_eq!((run.status, run.err()), (Some(0), ""), "{stdout:?} ipcrm");
            let run = ours("ipcmk", ["-M", "4096"]).stdout(stdout).run();
            assert_eq!((run.status, run.err()), (Some(0), ""), "{stdout:?} ipcmk");
            let run = ours("ipcs", ["-u", "-m"]).run();
            assert!(run.out().contains("segments allocated 1\n"), "{}", run.out());
            // Make the segment for `ipcs -m -i 3` again.
            set_sysctl("shm_next_id", "3");
            assert_eq!(Shm::private(1, 0o600).id, 3, "the requested id");
        }
    });
}

/// Descriptor 1 is open but not for writing, which is treated as closed.
#[test]
fn ignores_a_read_only_standard_output() {
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

/// A failure that cannot be reported still sets the exit status.
#[test]
fn exits_1_with_closed_standard_error() {
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

/// A signal such as SIGWINCH can interrupt a write before it has written anything.
#[test]
fn retries_an_interrupted_write() {
    isolated(|| {
        let _held = states::private_and_keyed();
        let whole = ours("ipcs", ["-m"]).run();
        let inject = ["-e", "trace=write", "-e", "inject=write:error=EINTR:when=1"];
        let (run, _) = injected(ours("ipcs", ["-m"]), &inject);
        assert_eq!((run.status, run.out(), run.err()), (Some(0), whole.out(), ""));
    });
}

/// When all three standard descriptors are closed, a file that is opened must not get one of their
/// numbers: output would be written to it.
#[test]
fn opens_no_file_as_a_closed_standard_descriptor() {
    isolated(|| {
        let _held = states::private_and_keyed();
        let close = "exec \"$0\" \"$@\" <&- >&- 2>&-";
        let trace = ["-e", "trace=openat,open,write"];
        for (name, args) in [
            ("ipcs", &["-a"][..]),
            ("ipcs", &["-P"]),
            ("ipcrm", &["-m", "7777", "--older", "0s"]),
            ("ipcrm", &["-n", "-m", "7777"]),
        ] {
            let shell = ["/bin/sh", "-c", close];
            let (run, text) = traced_through(ours(name, args), &trace, &shell);
            assert_eq!((run.out(), run.err()), ("", ""), "{name} {args:?}");
            let standard =
                |line: &&str| [" = 0", " = 1", " = 2"].iter().any(|end| line.ends_with(end));
            let files = text.lines().filter(|line| line.contains("open")).filter(standard);
            // The dynamic linker closes the libraries that it opens.
            let others: Vec<_> = files.filter(|line| !line.contains("/lib")).collect();
            let null = others.iter().filter(|line| line.contains("\"/dev/null\", O_RDWR"));
            assert_eq!(null.count(), 3, "{name} {args:?}: {others:#?}");
            let of_kernel = others.iter().filter(|line| line.contains("\"/proc/"));
            assert_eq!(of_kernel.count(), 0, "{name} {args:?}: {others:#?}");
        }
    });
}
