//! Objects and what happens to them, in words for a person.

use crate::model::{Id, Kind};
use crate::names::Names;
use crate::processes::Process;
use crate::removal::{Details, Extent, Kept, Subject, Target};
use crate::render::sanitize::escaped;
use crate::render::time::duration;
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
    let idle = idle.map(|idle| format!(", idle {}", duration(idle, ""))).unwrap_or_default();
    format!("{head} (key {}, owner {owner}, {size}{idle})", details.perm.key)
}

/// A user by name where there is one.
pub fn user(uid: u32, names: &mut Names) -> String {
    names.user(uid).map_or_else(|| uid.to_string(), escaped)
}

fn group(gid: u32, names: &mut Names) -> String {
    names.group(gid).map_or_else(|| gid.to_string(), escaped)
}

/// `1 byte`, `2 bytes`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
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
        clauses.push(format!("changed {} ago", duration(now - target.ctime(), "")));
    }
    if filter.idle.is_some() {
        clauses.push(format!("idle {}", duration(now - target.last_use(), "")));
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
    use std::time::Duration;

    use super::*;
    use crate::model::{Key, Mode, Perm, Shm};

    fn segment() -> Target {
        let perm = Perm {
            key: Key(0xabcd),
            id: Id(5),
            seq: None,
            uid: 4_000_001,
            gid: 4_000_002,
            cuid: 4_000_003,
            cgid: 4_000_004,
            mode: Mode(0o600),
        };
        Target::Shm(Shm {
            perm,
            size: 5000,
            nattch: 0,
            cpid: 0,
            lpid: 0,
            atime: 980,
            dtime: 0,
            ctime: 900,
            rss: None,
            swap: None,
        })
    }

    #[test]
    fn each_condition_of_a_filter_is_a_reason() {
        let why = |filter: Filter| why(&filter, &segment(), 1000, &mut Names::new());
        let long = Some(Duration::ZERO);
        let all = Filter {
            owners: Some(vec![4_000_001]),
            creators: Some(vec![4_000_003]),
            groups: Some(vec![4_000_002]),
            keys: Some(vec![Key(0xabcd)]),
            min_size: Some(4096),
            older: long,
            idle: long,
            unused: true,
            orphaned: true,
        };
        assert_eq!(
            why(all),
            "owner 4000001, created by 4000003, group 4000002, key 0x0000abcd, \
             size at least 4096, changed 1m40s ago, idle 20s, unused, orphaned"
        );
        assert_eq!(why(Filter { unused: true, ..Filter::default() }), "unused");
        assert_eq!(why(Filter { orphaned: true, ..Filter::default() }), "orphaned");
        assert_eq!(why(Filter { min_size: Some(0), ..Filter::default() }), "size at least 0");
        assert_eq!(why(Filter::default()), "");
    }

    #[test]
    fn a_command_line_is_escaped_and_not_too_long() {
        let command =
            |text: &str| command(&Process { pid: 1, uid: 0, command: text.as_bytes().to_vec() });
        assert_eq!(command("a\x1b[2Jb\nc\u{202e}"), "a\\x1b[2Jb\\x0ac\\xe2\\x80\\xae");
        assert_eq!(command(&"x".repeat(60)), "x".repeat(60));
        assert_eq!(command(&"x".repeat(61)), "x".repeat(60) + "...");
        // Characters, not bytes.
        assert_eq!(command(&"\u{e9}".repeat(60)), "\u{e9}".repeat(60));
    }
}
