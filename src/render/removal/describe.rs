//! Descriptions of objects, and of what happens to them.

use std::time::Duration;

use crate::escape::escaped;
use crate::model::{Body, Msg, Object, Share};
use crate::names::Names;
use crate::processes::Process;
use crate::query::{Filter, KeyMatch};
use crate::removal::{Blocked, Candidate, Event, KeepReason, Selection};
use crate::render::time::duration;

/// How many processes are named; the others are counted.
const PROCESSES: usize = 5;
/// How many characters of a command line are shown.
const COMMAND: usize = 60;

/// A named object: `message queue 5 (key 0x00001234, owner root, 1 message, 10 bytes, 2 blocked)`.
pub fn candidate(candidate: &Candidate, names: &mut Names) -> String {
    match (&candidate.object, candidate.id) {
        (Some(object), _) => {
            let blocked = match candidate.blocked {
                Blocked::NotCounted | Blocked::Threads(0) => String::new(),
                Blocked::Threads(count) => format!(", {count} blocked"),
                Blocked::Unknown => ", blocked unknown".to_owned(),
            };
            object_with(object, &blocked, names)
        }
        (None, Some(id)) => format!("{} {id}", candidate.kind.noun()),
        (None, None) => candidate.kind.noun().to_owned(),
    }
}

/// A selected object: the same with its idle time.
pub fn selected(candidate: &Candidate, now: i64, names: &mut Names) -> String {
    match &candidate.object {
        Some(object) => {
            let idle = duration(now.saturating_sub(object.last_use()), "");
            object_with(object, &format!(", idle {idle}"), names)
        }
        None => self::candidate(candidate, names),
    }
}

/// `more` follows the size.
fn object_with(object: &Object, more: &str, names: &mut Names) -> String {
    let head = format!("{} {}", object.kind().noun(), object.identity.name);
    let owner = user(object.owner.uid, names);
    let size = match &object.body {
        Body::Shm(shm) if shm.nattch == 0 => count(shm.size, "byte"),
        Body::Shm(shm) => format!("{}, {} attached", count(shm.size, "byte"), shm.nattch),
        Body::Msg(msg) => {
            format!("{}, {}", count(msg.qnum, "message"), count(msg.cbytes, "byte"))
        }
        Body::Sem(sem) => count(sem.nsems, "semaphore"),
    };
    let key = object.key.map(|key| format!("key {key}, ")).unwrap_or_default();
    format!("{head} ({key}owner {owner}, {size}{more})")
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

/// Why a filter selected an object, in the terms of the filter.
pub fn why(filter: &Filter, object: &Object, now: i64, names: &mut Names) -> String {
    let mut clauses = Vec::new();
    if filter.owners.is_some() {
        clauses.push(format!("owner {}", user(object.owner.uid, names)));
    }
    if let Some(creator) = object.creator.filter(|_| filter.creators.is_some()) {
        clauses.push(format!("created by {}", user(creator.uid, names)));
    }
    if filter.groups.is_some() {
        clauses.push(format!("group {}", group(object.owner.gid, names)));
    }
    if let Some(key) = object.key.filter(|_| filter.keys.is_some()) {
        clauses.push(format!("key {key}"));
    }
    if let Some(least) = filter.min_size {
        clauses.push(format!("size at least {least}"));
    }
    if let Some(most) = filter.max_size {
        clauses.push(format!("size at most {most}"));
    }
    if let Some(share) = object.msg().and_then(Msg::share).filter(|_| filter.full.is_some()) {
        clauses.push(format!("{}% full", percent(share)));
    }
    if let Some(pids) = &filter.used_by {
        clauses.push(format!("used by {}", joined(pids)));
    }
    if filter.older.is_some() {
        clauses.push(format!("changed {} ago", duration(now.saturating_sub(object.ctime), "")));
    }
    if filter.idle.is_some() {
        clauses.push(format!("idle {}", duration(now.saturating_sub(object.last_use()), "")));
    }
    for (set, word) in
        [(filter.unused, "unused"), (filter.orphaned, "orphaned"), (filter.in_use, "in use")]
    {
        if set {
            clauses.push(word.to_owned());
        }
    }
    clauses.join(", ")
}

/// Up to two decimal places, rounded down: `80`, `99.5`, `0.07`.
fn percent(share: Share) -> String {
    let (whole, hundredths) = (share.hundredths() / 100, share.hundredths() % 100);
    let text = format!("{whole}.{hundredths:02}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn joined(pids: &[i32]) -> String {
    pids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn key_word(key: &KeyMatch) -> String {
    match key {
        KeyMatch::Is(key) => key.to_string(),
        KeyMatch::None => "none".to_owned(),
        KeyMatch::Any => "any".to_owned(),
    }
}

/// Why an object stays, and which processes are the reason.
pub fn reason(reason: &KeepReason, event: &Event, names: &mut Names) -> String {
    let mut text = keep_reason(reason, names);
    // The reason names the process itself.
    if reason.reason().is_some_and(|reason| reason.keeper().is_some()) {
        return text;
    }
    for (at, process) in event.processes.iter().take(PROCESSES).enumerate() {
        text.push_str(if at == 0 { ": " } else { ", " });
        text.push_str(&format!("pid {} ({})", process.pid, command(process)));
    }
    if event.processes.len() > PROCESSES {
        text.push_str(&format!(" and {} more", event.processes.len() - PROCESSES));
    }
    text
}

/// How to list what a selection keeps because it may be in use.
pub fn unsure_form(selection: &Selection, names: &mut Names) -> String {
    let Selection { filter, kinds, .. } = selection;
    let mut words = vec!["ipcrm -n".to_owned(), kinds.words(" ", "-a")];
    let mut list = |option: &str, values: Option<Vec<String>>| {
        words.extend(values.map(|values| format!("{option} {}", values.join(","))));
    };
    let all = |uids: &Option<Vec<u32>>, name: &mut dyn FnMut(u32) -> String| {
        uids.as_ref().map(|uids| uids.iter().map(|uid| name(*uid)).collect::<Vec<_>>())
    };
    list("--owner", all(&filter.owners, &mut |uid| user(uid, names)));
    list("--created-by", all(&filter.creators, &mut |uid| user(uid, names)));
    list("--group", all(&filter.groups, &mut |gid| group(gid, names)));
    let keys = filter.keys.as_ref();
    list("--key", keys.map(|keys| keys.iter().map(key_word).collect()));
    list("--min-size", filter.min_size.map(|least| vec![least.to_string()]));
    list("--max-size", filter.max_size.map(|most| vec![most.to_string()]));
    list("--full", filter.full.map(|least| vec![percent(least)]));
    list("--used-by", filter.used_by.as_ref().map(|pids| vec![joined(pids)]));
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let typed = |duration: Duration| vec![format!("{}s", duration.as_secs())];
    list("--older", filter.older.map(typed));
    for (set, word) in [(filter.unused, "--unused"), (filter.orphaned, "--orphaned")] {
        words.extend(set.then(|| word.to_owned()));
    }
    let (how_long, idle) = match filter.idle {
        Some(idle) => (duration(seconds(idle), " "), format!("{}s", idle.as_secs())),
        None => ("a day".to_owned(), "1d".to_owned()),
    };
    words.push(format!("--include-unsure --idle {idle}"));
    format!("to see those untouched for {how_long}: {}", words.join(" "))
}

/// Why an object stays.
pub fn keep_reason(reason: &KeepReason, names: &mut Names) -> String {
    reason.text(&mut |uid| user(uid, names))
}

fn command(process: &Process) -> String {
    let text = escaped(&process.command);
    match text.char_indices().nth(COMMAND).and_then(|(end, _)| text.get(..end)) {
        Some(start) => format!("{start}..."),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Id, Identity, Key, Kind, Mode, Owner, Shm};

    fn segment() -> Object {
        Object {
            identity: Identity::sysv(Kind::Shm, Id(5)),
            key: Some(Key(0xabcd)),
            seq: None,
            owner: Owner { uid: 4_000_001, gid: 4_000_002 },
            creator: Some(Owner { uid: 4_000_003, gid: 4_000_004 }),
            mode: Mode(0o600),
            ctime: 900,
            body: Body::Shm(Shm { size: 5000, atime: 980, ..Shm::default() }),
        }
    }

    #[test]
    fn each_condition_of_a_filter_is_a_reason() {
        let why = |filter: Filter| why(&filter, &segment(), 1000, &mut Names::new());
        let long = Some(Duration::ZERO);
        let all = Filter {
            owners: Some(vec![4_000_001]),
            creators: Some(vec![4_000_003]),
            groups: Some(vec![4_000_002]),
            keys: Some(vec![KeyMatch::Is(Key(0xabcd))]),
            min_size: Some(4096),
            max_size: Some(5000),
            full: Some(Share::NONE),
            used_by: Some(vec![1, 23]),
            older: long,
            idle: long,
            unused: true,
            orphaned: true,
            in_use: true,
            include_unsure: true,
        };
        assert_eq!(
            why(all),
            "owner 4000001, created by 4000003, group 4000002, key 0x0000abcd, \
             size at least 4096, size at most 5000, used by 1,23, changed 1m40s ago, idle 20s, unused, orphaned, in use"
        );
        assert_eq!(why(Filter { unused: true, ..Filter::default() }), "unused");
        assert_eq!(why(Filter { orphaned: true, ..Filter::default() }), "orphaned");
        assert_eq!(why(Filter { min_size: Some(0), ..Filter::default() }), "size at least 0");
        assert_eq!(why(Filter::default()), "");
    }

    #[test]
    fn the_fullness_of_a_queue_is_a_reason() {
        let body = Body::Msg(Msg { cbytes: 333, qbytes: Some(360), ..Msg::default() });
        let filter = Filter { full: Share::of(9, 10), ..Filter::default() };
        let queue = Object { body, ..segment() };
        assert_eq!(why(&filter, &queue, 1000, &mut Names::new()), "92.5% full");
    }

    #[test]
    fn percentages_have_up_to_two_places() {
        for (used, limit, text) in
            [(4, 5, "80"), (1, 1, "100"), (199, 200, "99.5"), (3, 4096, "0.07"), (0, 9, "0")]
        {
            assert_eq!(percent(Share::of(used, limit).unwrap()), text);
        }
    }

    /// A table that is not the kernel's may have any number.
    #[test]
    fn an_impossible_time_does_not_overflow() {
        let object = Object { ctime: i64::MIN, ..segment() };
        let filter = Filter { older: Some(Duration::ZERO), ..Filter::default() };
        let text = why(&filter, &object, 1000, &mut Names::new());
        assert_eq!(text, "changed 106751991167300d15h ago");
    }

    #[test]
    fn blocked_threads_are_counted_where_there_are_any() {
        let text = |blocked| {
            let candidate = Candidate {
                kind: Kind::Shm,
                named_by: None,
                id: None,
                object: Some(segment()),
                blocked,
            };
            super::candidate(&candidate, &mut Names::new())
        };
        let plain = "shared memory segment 5 (key 0x0000abcd, owner 4000001, 5000 bytes";
        assert_eq!(text(Blocked::NotCounted), format!("{plain})"));
        assert_eq!(text(Blocked::Threads(0)), format!("{plain})"));
        assert_eq!(text(Blocked::Threads(2)), format!("{plain}, 2 blocked)"));
        assert_eq!(text(Blocked::Unknown), format!("{plain}, blocked unknown)"));
    }

    #[test]
    fn a_command_line_is_escaped_and_cut() {
        let command =
            |text: &str| command(&Process { pid: 1, uid: 0, command: text.as_bytes().to_vec() });
        assert_eq!(command("a\x1b[2Jb\nc\u{202e}"), "a\\x1b[2Jb\\x0ac\\xe2\\x80\\xae");
        assert_eq!(command(&"x".repeat(60)), "x".repeat(60));
        assert_eq!(command(&"x".repeat(61)), "x".repeat(60) + "...");
        // Characters, not bytes.
        assert_eq!(command(&"\u{e9}".repeat(60)), "\u{e9}".repeat(60));
    }
}
