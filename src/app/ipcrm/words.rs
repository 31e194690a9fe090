//! Objects and what happens to them, in words for a person.

use crate::model::{Id, Kind};
use crate::names::Names;
use crate::processes::Process;
use crate::removal::{Details, Extent, Kept, Subject, Target};
use crate::render::sanitize::escape_into;
use crate::select::Filter;

/// So many processes are named, and the others counted.
const PROCESSES: usize = 5;
/// So many characters of a command line are shown.
const COMMAND: usize = 60;

/// An object for a person: `shared memory segment 5 (key 0x00001234, owner root, 5000 bytes)`.
pub fn subject(subject: &Subject, names: &mut Names) -> String {
    object(subject.kind, subject.id, subject.details.as_ref(), None, names)
}

/// The same of one that a filter chose, with its idle time.
pub fn target(target: &Target, now: i64, names: &mut Names) -> String {
    let id = target.perm().id;
    object(target.kind(), id, Some(&target.details()), Some(now - target.last_use()), names)
}

fn object(
    kind: Kind,
    id: Id,
    details: Option<&Details>,
    idle: Option<i64>,
    names: &mut Names,
) -> String {
    let head = format!("{} {id}", kind.noun());
    let Some(details) = details else { return head };
    let owner = user(details.perm.uid, names);
    let size = match details.extent {
        Extent::Shm { size, nattch: 0 } => count(size, "byte"),
        Extent::Shm { size, nattch } => format!("{}, {nattch} attached", count(size, "byte")),
        Extent::Msg { qnum, cbytes } => {
            format!("{}, {}", count(qnum, "message"), count(cbytes, "byte"))
        }
        Extent::Sem { nsems } => count(nsems, "semaphore"),
    };
    let idle = idle.map(|idle| format!(", idle {}", duration(idle))).unwrap_or_default();
    format!("{head} (key {}, owner {owner}, {size}{idle})", details.perm.key)
}

/// A user by name where there is one.
pub fn user(uid: u32, names: &mut Names) -> String {
    names.user(uid).map_or_else(|| uid.to_string(), escaped)
}

fn group(gid: u32, names: &mut Names) -> String {
    names.group(gid).map_or_else(|| gid.to_string(), escaped)
}

/// What strangers wrote, for a terminal.
fn escaped(text: &[u8]) -> String {
    let mut bytes = Vec::new();
    escape_into(&mut bytes, text);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `1 byte`, `2 bytes`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Seconds in the two largest units that they fill: `3d4h`, `12m5s`, `0s`.
pub fn duration(seconds: i64) -> String {
    let mut left = seconds.max(0);
    let mut text = String::new();
    let mut units = 0;
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        let number = left / size;
        if units > 0 || number > 0 {
            units += 1;
            if number > 0 {
                text.push_str(&format!("{number}{unit}"));
            }
        }
        left %= size;
        if units == 2 {
            break;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Why a filter chose an object: what it is, in the words of the filter.
pub fn why(filter: &Filter, target: &Target, now: i64, names: &mut Names) -> String {
    let perm = target.perm();
    let mut clauses = Vec::new();
    if filter.owners.is_some() {
        clauses.push(format!("owner {}", user(perm.uid, names)));
    }
    if filter.creators.is_some() {
        clauses.push(format!("created by {}", user(perm.cuid, names)));
    }
    if filter.groups.is_some() {
        clauses.push(format!("group {}", group(perm.gid, names)));
    }
    if filter.keys.is_some() {
        clauses.push(format!("key {}", perm.key));
    }
    if let Some(least) = filter.min_size {
        clauses.push(format!("size at least {least}"));
    }
    if filter.older.is_some() {
        clauses.push(format!("changed {} ago", duration(now - target.ctime())));
    }
    if filter.idle.is_some() {
        clauses.push(format!("idle {}", duration(now - target.last_use())));
    }
    for (set, word) in [(filter.unused, "unused"), (filter.orphaned, "orphaned")] {
        if set {
            clauses.push(word.to_owned());
        }
    }
    clauses.join(", ")
}

/// Why an object stays, and who is behind it.
pub fn reason(kept: &Kept) -> String {
    let mut text = kept.because.to_string();
    for (at, process) in kept.processes.iter().take(PROCESSES).enumerate() {
        text.push_str(if at == 0 { ": " } else { ", " });
        text.push_str(&format!("pid {} ({})", process.pid, command(process)));
    }
    if kept.processes.len() > PROCESSES {
        text.push_str(&format!(" and {} more", kept.processes.len() - PROCESSES));
    }
    text
}

fn command(process: &Process) -> String {
    let text = escaped(&process.command);
    match text.char_indices().nth(COMMAND) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, text) in [
            (-5, "0s"),
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_605, "1h"),
            (7_384, "2h3m"),
            (86_400 + 59, "1d"),
            (3 * 86_400 + 4 * 3_600 + 5, "3d4h"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
    }
}
