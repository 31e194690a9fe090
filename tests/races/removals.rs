//! Removals by filters, one after another.

use std::ops::RangeInclusive;
use std::time::Instant;

use ipcs::model::Kind;
use serde_json::Value;

use super::log::Log;
use super::stable::{LEAKER, LEAKERS, Stable};
use crate::support::json::document;
use crate::support::programs::ours;

/// Every user whose objects may be removed.
pub const OWNERS: RangeInclusive<u32> = LEAKER..=LEAKER + LEAKERS - 1;

/// A command line; of `OWNERS` the users are put in.
struct Removal {
    words: &'static str,
    /// The users may remove something with it.
    removes: bool,
}

const fn takes(words: &'static str) -> Removal {
    Removal { words, removes: true }
}

const fn spares(words: &'static str) -> Removal {
    Removal { words, removes: false }
}

static REMOVALS: [Removal; 14] = [
    takes("sem --owner OWNERS"),
    takes("shm --owner OWNERS --unused"),
    takes("msg --owner OWNERS"),
    takes("shm sem msg --owner OWNERS --orphaned"),
    spares("-n shm sem msg --owner OWNERS --orphaned"),
    takes("shm msg sem --created-by OWNERS --unused"),
    spares("-a --older 1h --force"),
    takes("msg sem --owner OWNERS --older 0s"),
    spares("shm sem msg --owner OWNERS --idle 1h --include-unsure"),
    takes("sem msg --owner OWNERS --orphaned --key 0"),
    spares("-a --min-size 1G --force"),
    takes("shm --owner OWNERS --unused --key 0"),
    takes("-a --owner OWNERS"),
    spares("-n -a --owner OWNERS --unused"),
];

/// Removes until `is_over`. Returns how many objects were removed.
pub fn run(stable: &Stable, log: &Log, is_over: &dyn Fn() -> bool) -> usize {
    // Whoever waits for a run goes on, also if this one fails.
    struct Close<'a>(&'a Log);
    impl Drop for Close<'_> {
        fn drop(&mut self) {
            self.0.close();
        }
    }
    let _close = Close(log);
    let owners: Vec<String> = OWNERS.map(|uid| uid.to_string()).collect();
    let owners = owners.join(",");
    let mut count = 0;
    for removal in REMOVALS.iter().cycle() {
        if is_over() {
            break;
        }
        let words = removal.words.replace("OWNERS", &owners);
        let start = Instant::now();
        let run = ours("ipcrm", ["-J"].into_iter().chain(words.split(' '))).run();
        assert_eq!((run.status, run.err()), (Some(0), ""), "{}: {run:?}", removal.words);
        let document = document(&run);
        assert_eq!(document["failed"], Value::Array(Vec::new()), "{}", removal.words);
        let list = document.get("removed").or(document.get("would_remove"));
        let removed: Vec<(Kind, i32)> = objects(list, removal.words);
        for (kind, id) in &removed {
            assert!(!stable.has(*kind, *id), "{}: {document}", removal.words);
        }
        let is_dry = document.get("removed").is_none();
        assert!(removal.removes || is_dry || removed.is_empty(), "{}: {document}", removal.words);
        count += if is_dry { 0 } else { removed.len() };
        log.add(start, if is_dry { Vec::new() } else { removed });
    }
    count
}

/// The objects of a list, all of which belong to the users.
fn objects(list: Option<&Value>, words: &str) -> Vec<(Kind, i32)> {
    let list = list.and_then(Value::as_array).expect("an array");
    let object = |object: &Value| {
        let uid = object["uid"].as_u64().and_then(|uid| u32::try_from(uid).ok());
        assert!(uid.is_some_and(|uid| OWNERS.contains(&uid)), "{words}: {object}");
        let kind = Kind::SYSTEM_V.iter().find(|kind| object["kind"] == kind.word());
        let id = object["id"].as_i64().and_then(|id| i32::try_from(id).ok());
        (*kind.expect("a kind"), id.expect("an id"))
    };
    list.iter().map(object).collect()
}
