//! Growth of memory with the number of objects.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use self::peak::peak;
use crate::support::namespace::{isolated, set_sysctl};
use crate::support::objects::{PRIVATE, Queue, Sems, Shm};
use crate::support::programs::path_of_ours;

#[path = "../../benches/tool/peak.rs"]
mod peak;

const FEW: usize = 100;
const MANY: usize = 10_000;
/// In KiB. The kernel counts resident pages in batches per processor, so smaller differences are
/// noise.
const NOISE: u64 = 512;

/// A listing is written while it is read, so its memory grows no more than util-linux'. Only the
/// growth is compared, because the programs of the tests are not optimised and therefore large.
#[test]
fn memory_of_a_classic_listing_grows_no_more_than_util_linux() {
    isolated(|| {
        set_sysctl("shmmni", "32768");
        set_sysctl("sem", "32000 1024000000 500 32768");
        let ours = path_of_ours("ipcs");
        let theirs = PathBuf::from("/usr/bin/ipcs");
        make(FEW);
        let before = [&ours, &theirs].map(resident);
        make(MANY - FEW);
        let after = [&ours, &theirs].map(resident);
        let [ours, theirs] = [0, 1].map(|at| after[at].saturating_sub(before[at]));
        assert!(
            ours <= theirs + NOISE,
            "from {FEW} to {MANY} of each kind ours grows by {ours} KiB, util-linux' by {theirs}"
        );
    });
}

/// Only the sums are kept.
#[test]
fn memory_of_totals_of_groups_hardly_grows() {
    isolated(|| {
        set_sysctl("shmmni", "32768");
        set_sysctl("sem", "32000 1024000000 500 32768");
        let ours = path_of_ours("ipcs");
        let resident = || resident_with(&ours, &["-u", "--group-by", "owner"]);
        // As many as need the same threads.
        make(5_000);
        let before = resident();
        make(5_000);
        let after = resident();
        // Several threads have batches under way, more or less of them. All objects would be 2 MiB.
        assert!(
            after <= before + 2 * NOISE,
            "from 5000 to 10000 of each kind: {before} to {after} KiB"
        );
    });
}

fn make(count: usize) {
    for _ in 0..count {
        Shm::keyed(PRIVATE, 4096, 0o600);
        Queue::keyed(PRIVATE, 0o600);
        Sems::keyed(PRIVATE, 2, 0o600);
    }
}

fn resident(program: &PathBuf) -> u64 {
    resident_with(program, &["-a"])
}

/// The least of a few runs: how far two threads are apart depends on the machine.
fn resident_with(program: &PathBuf, args: &[&str]) -> u64 {
    let run = |_| {
        let mut command = Command::new(program);
        command.args(args).env("LC_ALL", "C").stdin(Stdio::null());
        peak(command)
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()))
            .unwrap_or_else(|| panic!("{} wrote nothing", program.display()))
    };
    (0..5).map(run).min().unwrap_or(0)
}
