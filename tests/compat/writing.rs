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
