//! `ipcs` in every state, with every view, unit and order of options.
//!
//! A test is named after the state that both programs list.

use super::command_lines::{self, Args};
use super::states::{self, Held};
use crate::support::compare::Comparison;
use crate::support::namespace::{isolated, require_users};
use crate::support::programs::{Invocation, ours, theirs};
use crate::support::table;

/// Time zones: none, with and without summer time, half hours, by rule, by file, and
/// missing ones.
const ZONES: &[&str] = &[
    "UTC",
    "",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
    ":Europe/Paris",
    "EST5EDT",
    "EST5EDT,M3.2.0,M11.1.0",
    "<+0545>-5:45",
    "XYZ-20",
    "Nowhere/Atall",
    "nonsense",
    ":",
    ":EST5EDT",
    "EST",
    "CET-1CEST",
    "<-03>3",
    "GMT+3",
    "Etc/GMT+12",
    "utc5",
    "PST8PDT,J60/2,J330/3:30:15",
    "ABC-3:30:45DEF,0/0,J365/23",
    "/usr/share/zoneinfo/Asia/Tokyo",
    ":/usr/share/zoneinfo/Asia/Tokyo",
];

/// Malformed zones, names in another case, and a file with leap seconds.
const ODD_ZONES: &[&str] = &[
    "right/UTC",
    // A name is a file name, so the case matters.
    "europe/berlin",
    "asia/kolkata",
    "/nowhere/at/all",
    "America/New_York ",
    "A5",
    "XYZ",
    "-5",
    "EST5EDT,",
    "EST5EDT,nonsense",
    "EST25",
];

/// Runs both on each command line in this thread's namespace.
fn compare_all(
    comparison: &mut Comparison,
    lines: &[Args],
    change: impl Fn(Invocation) -> Invocation,
) {
    for line in lines {
        let args: Vec<_> = line.iter().map(String::as_str).collect();
        comparison.same_with("ipcs", &args, &change);
    }
}

/// The command lines for the details of every object of the namespace.
fn details_of_all() -> Vec<Args> {
    let mut lines = Vec::new();
    for (kind, file) in [('m', "shm"), ('q', "msg"), ('s', "sem")] {
        for id in table::ids(file) {
            lines.extend(command_lines::details(kind, id));
        }
    }
    lines
}

/// Compares the whole matrix, and every object's details in every spelling.
fn everything(name: &str, make: fn() -> Held, objects: usize) {
    isolated(|| {
        let _held = make();
        let mut comparison = Comparison::new(name);
        let mut lines = command_lines::all();
        let details = details_of_all();
        assert_eq!(details.len(), objects * 22, "the number of objects");
        lines.extend(details);
        compare_all(&mut comparison, &lines, |run| run);
        comparison.finish(MATRIX + objects * 22);
    });
}

/// Compares the whole matrix, and every object's details once.
fn every_view(name: &str, make: fn() -> Held, objects: usize) {
    isolated(|| {
        let _held = make();
        let mut comparison = Comparison::new(name);
        let mut lines = command_lines::all();
        let details: Vec<_> = details_of_all().into_iter().step_by(22).collect();
        assert_eq!(details.len(), objects, "the number of objects");
        lines.extend(details);
        compare_all(&mut comparison, &lines, |run| run);
        comparison.finish(MATRIX + objects);
    });
}

/// How many command lines [`command_lines::all`] has.
const MATRIX: usize = 245;

#[test]
fn no_objects() {
    everything("no objects", states::nothing, 0);
}

#[test]
fn private_and_keyed() {
    everything("private and keyed objects", states::private_and_keyed, 7);
}

#[test]
fn attached() {
    everything("attached segments", states::attached, 4);
}

#[test]
fn marked_and_locked() {
    everything("segments to be destroyed, locked", states::marked_and_locked, 4);
}

#[test]
fn messages() {
    everything("queues with messages", states::messages, 5);
}

#[test]
fn waiters() {
    everything("sets with waiters", states::waiters, 3);
}

#[test]
fn advanced_sequence() {
    everything("used slots", states::advanced_sequence, 6);
}

#[test]
fn negative_keys() {
    everything("negative keys", states::negative_keys, 15);
}

#[test]
fn sizes() {
    isolated(|| {
        let _held = states::sizes();
        let mut comparison = Comparison::new("sizes");
        let lines = command_lines::all();
        compare_all(&mut comparison, &lines, |run| run);
        let all = details_of_all();
        // The set of 32,000 semaphores is slow to print in every spelling.
        let plain: Vec<_> = all.iter().step_by(22).cloned().collect();
        let human: Vec<_> = all.iter().skip(9).step_by(22).cloned().collect();
        assert_eq!(plain.len(), 35, "the number of objects");
        compare_all(&mut comparison, &plain, |run| run);
        compare_all(&mut comparison, &human, |run| run);
        comparison.finish(lines.len() + plain.len() * 2);
    });
}

#[test]
fn modes() {
    every_view("modes", states::modes, 48);
}

#[test]
fn owners() {
    every_view("owners", states::owners, 68);
}

#[test]
fn creators() {
    everything("creators", states::creators, 16);
}

#[test]
fn dead_creator() {
    everything("made by a process that has ended", states::dead_creator, 3);
}

#[test]
fn widest_ids() {
    everything("the widest ids", states::widest_ids, 6);
}

#[test]
fn sparse() {
    everything("few remaining of many", states::sparse, 12);
}

#[test]
fn many() {
    isolated(|| {
        let _held = states::many();
        let mut comparison = Comparison::new("many objects");
        compare_all(&mut comparison, &command_lines::few(), |run| run);
        comparison.finish(18);
    });
}

/// Objects of root and of an unprivileged user, listed by that user.
#[test]
fn as_an_unprivileged_user() {
    require_users("it looks as another user");
    for (name, make) in [
        ("modes", states::modes as fn() -> Held),
        ("creators", states::creators),
        ("messages", states::messages),
        ("marked and locked", states::marked_and_locked),
    ] {
        isolated(|| {
            let _held = make();
            let mut comparison = Comparison::new(name);
            let mut lines = command_lines::few();
            lines.extend(readable_details());
            compare_all(&mut comparison, &lines, Invocation::nobody);
            comparison.finish(lines.len());
        });
    }
}

/// The kernel translates process ids and user ids to the namespaces of the caller.
#[test]
fn from_other_namespaces() {
    isolated(|| {
        let _attached = states::attached();
        let _waiters = states::waiters();
        let _messages = states::messages();
        let mut comparison = Comparison::new("from other namespaces");
        let mut lines = command_lines::few();
        lines.extend(details_of_all().into_iter().step_by(22));
        assert_eq!(lines.len(), 18 + 12, "the number of objects");
        for through in [
            &["/usr/bin/unshare", "--user", "--map-root-user", "--pid", "--fork"][..],
            &["/usr/bin/unshare", "--user", "--map-root-user"],
        ] {
            compare_all(&mut comparison, &lines, |run| run.through(through));
        }
        comparison.finish(30 * 2);
    });
}

/// The details that util-linux shows to the user nobody. Those of unreadable queues and sets are
/// one of the intended differences.
fn readable_details() -> Vec<Args> {
    let all = details_of_all().into_iter().step_by(22);
    all.filter(|line| {
        let run = theirs("ipcs", line).nobody().run();
        line[0] == "-m" || run.status == Some(0) && !run.out().contains("qbytes=0")
    })
    .collect()
}

/// Compares all output with times, in each zone and without TZ.
fn in_zones(name: &str, zones: &[&str]) {
    isolated(|| {
        let _messages = states::messages();
        let _attached = states::attached();
        let _waiters = states::waiters();
        let mut comparison = Comparison::new(name);
        let mut lines = command_lines::with_times();
        lines.extend(details_of_all().into_iter().step_by(22));
        for zone in zones {
            compare_all(&mut comparison, &lines, |run| run.env("TZ", zone));
        }
        // Without the variable the zone of the system is used.
        compare_all(&mut comparison, &lines, |run| run.without_env("TZ"));
        comparison.finish((zones.len() + 1) * (5 + 12));
    });
}

#[test]
fn time_zones() {
    in_zones("time zones", ZONES);
}

/// Unusual zones are interpreted as the C library does.
#[test]
fn odd_time_zones() {
    in_zones("odd time zones", ODD_ZONES);
}

/// The message for a missing id is the same; the exit status is one of the intended
/// differences.
#[test]
fn reports_missing_ids() {
    let compare = |make: fn() -> Held, missing: &[&str]| {
        isolated(|| {
            let _held = make();
            let mut comparison = Comparison::new("missing ids");
            for kind in ["-m", "-q", "-s"] {
                for id in missing {
                    let args = [kind, "-i", id];
                    let mut theirs = theirs("ipcs", args).run();
                    assert_eq!(theirs.status, Some(0), "util-linux exits 0 here");
                    theirs.status = Some(1);
                    let ours = ours("ipcs", args).run();
                    comparison.same_outcome(&format!("ipcs {args:?}"), &theirs, &ours);
                }
            }
            comparison.finish(3 * missing.len());
        });
    };
    let far = ["5", "32768", "2147483647", " +007"];
    compare(states::private_and_keyed, &far);
    // Objects with other ids use these slots.
    compare(states::advanced_sequence, &["0", "1", "32768", "32769"]);
}

/// The suite must not lose cases by accident.
#[test]
fn the_matrix_keeps_its_size() {
    assert_eq!(command_lines::all().len(), MATRIX, "MATRIX is wrong");
    assert_eq!(command_lines::few().len(), 18, "the number in `many` is wrong");
    assert_eq!(command_lines::details('m', 1).len(), 22, "the number in `everything` is wrong");
}
