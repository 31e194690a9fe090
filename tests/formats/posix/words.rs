//! The words around POSIX objects: headings and messages.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::super::{ipcs, refused};
use crate::support::namespace::{cover_directory, isolated, require_users};
use crate::support::programs::ours;

#[test]
fn sizes_with_units_have_different_headings() {
    isolated(|| {
        let run = ipcs(&["--posix", "-m", "--human"]);
        let heading = "owner      perms      size         allocated    status     name\n\n";
        assert!(run.out().ends_with(heading), "{run:?}");
    });
}

#[test]
fn csv_with_both_families_names_a_way_out() {
    isolated(|| {
        let refusal = "csv has only one header: list POSIX objects and those of System V in two runs, or use -o with columns that all kinds have";
        for kinds in [&[][..], &["-m"], &["-q", "-s"]] {
            let args = [&["--with-posix", "--format", "csv"], kinds].concat();
            assert_eq!(refused(&args), refusal, "{args:?}");
        }
    });
}

#[test]
fn totals_that_cannot_be_read_are_reported_once() {
    require_users("it runs ipcs as another user");
    isolated(|| {
        cover_directory("/dev/shm");
        fs::set_permissions("/dev/shm", Permissions::from_mode(0o700)).expect("the mode");
        let run = ours("ipcs", ["--posix", "-u", "-m"]).nobody().run();
        assert_eq!(
            (run.status, run.out(), run.err()),
            (
                Some(1),
                "\nunable to fetch the totals of POSIX shared memory\n\n",
                "ipcs: cannot read POSIX shared memory objects: Permission denied\n"
            )
        );
        // The kernel has queues, even if this user may not list them.
        let run = ours("ipcs", ["--posix", "-u", "-q"]).nobody().run();
        let text = "\nunable to fetch the totals of POSIX message queues\n\n";
        assert_eq!((run.status, run.out()), (Some(1), text), "{run:?}");
    });
}
