//! Descriptions of objects, and of what happens to them.

use std::time::Duration;

use crate::escape::escaped;
use crate::model::{Body, Key, Kind, Object};
use crate::names::Names;
use crate::processes::Process;
use crate::query::Filter;
use crate::removal::{Blocked, Candidate, Event, KeepReason, Selection};
use crate::render::size::human;
use crate::render::time::duration;

/// How many columns a line has, where that is possible.
const WIDTH: usize = 100;
/// The columns of `ipcrm: `, which begins a message.
const NAME: usize = 7;
/// How many processes are named; the others are counted.
const PROCESSES: usize = 5;
/// How many characters of a command line are shown if there is room.
const COMMAND: usize = 60;
/// How many characters of a command line are always shown.
const SHORT_COMMAND: usize = 15;

/// What a description says of an object, from everything to the least.
const DETAILS: [Details; 3] = [
    Details { key: true, idle: true },
    Details { key: false, idle: true },
    Details { key: false, idle: false },
];

#[derive(Clone, Copy, Debug)]
struct Details {
    key: bool,
    idle: bool,
}

/// Describes objects in lines of text. A line that is too long leaves out the key, then the time of
/// the last use.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Now, in seconds since the epoch, if the time of the last use is shown.
    pub idle_at: Option<i64>,
    /// The line is a message, which begins with the name of the program.
    pub is_message: bool,
}

impl Style {
    /// A line about an object: `BEGIN OBJECT END`.
    pub fn line(self, begin: &str, object: &Candidate, end: &str, names: &mut Names) -> String {
        self.first_that_fits(|details| {
            format!("{begin} {}{end}", self.describe(object, details, names))
        })
    }

    /// A line about an object that stays, and the processes that are the reason. Command lines are
    /// cut first.
    pub fn kept(
        self,
        begin: &str,
        event: &Event,
        reason: &KeepReason,
        names: &mut Names,
    ) -> String {
        let text = reason.short_text(&mut |uid| user(uid, names));
        // The reason names the process itself.
        let is_named = reason.reason().is_some_and(|reason| reason.keeper().is_some());
        let named = if is_named { &[][..] } else { &event.processes };
        self.first_that_fits(|details| {
            let object = self.describe(&event.candidate, details, names);
            let line = format!("{begin} {object}: {text}");
            let processes = processes(named, self.room(&line).unwrap_or(0));
            line + &processes
        })
    }

    fn first_that_fits(self, mut line: impl FnMut(Details) -> String) -> String {
        let mut text = String::new();
        for details in DETAILS {
            text = line(details);
            if self.room(&text).is_some() {
                break;
            }
        }
        text
    }

    /// How many columns are left after a text, unless it is too long.
    fn room(self, text: &str) -> Option<usize> {
        let begin = if self.is_message { NAME } else { 0 };
        WIDTH.checked_sub(begin + text.chars().count())
    }

    /// `queue 5 (key 0x00001234, owner root, 1 message, 10B, 2 blocked)`.
    fn describe(self, candidate: &Candidate, details: Details, names: &mut Names) -> String {
        let Some(object) = &candidate.object else {
            let id = candidate.id.map(|id| format!(" {id}")).unwrap_or_default();
            return format!("{}{id}", noun(candidate.kind));
        };
        let key = object.key.filter(|key| details.key && *key != Key::PRIVATE);
        let blocked = match candidate.blocked {
            Blocked::NotCounted | Blocked::Threads(0) => None,
            Blocked::Threads(count) => Some(format!("{count} blocked")),
            Blocked::Unknown => Some("blocked unknown".to_owned()),
        };
        let idle = self
            .idle_at
            .filter(|_| details.idle)
            .map(|now| format!("idle {}", duration(now.saturating_sub(object.last_use()), "")));
        let facts = [
            key.map(|key| format!("key {key}")),
            Some(format!("owner {}", user(object.owner.uid, names))),
            Some(content(object)),
            blocked,
            idle,
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        format!("{} {} ({})", noun(object.kind()), object.identity.name, facts.join(", "))
    }
}

/// What an object is called where it is clear that it is one of System V.
pub fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Shm => "segment",
        Kind::Msg => "queue",
        Kind::Sem => "semaphore set",
    }
}

/// How large an object is, and whether a segment is attached.
fn content(object: &Object) -> String {
    match &object.body {
        Body::Shm(shm) if shm.nattch == 0 => human(shm.size).to_string(),
        Body::Shm(shm) => format!("{}, {} attached", human(shm.size), shm.nattch),
        Body::Msg(msg) if msg.qnum == 0 && msg.cbytes == 0 => "empty".to_owned(),
        Body::Msg(msg) => format!("{}, {}", count(msg.qnum, "message"), human(msg.cbytes)),
        Body::Sem(sem) => count(sem.nsems, "semaphore"),
    }
}

/// The processes that are the reason why an object stays, in at most `room` columns if possible.
fn processes(all: &[Process], room: usize) -> String {
    let list = |shown: usize, command_size: usize| {
        let named = all.iter().take(shown).enumerate().map(|(at, process)| {
            let separator = if at == 0 { ": " } else { ", " };
            format!("{separator}pid {} ({})", process.pid, command(process, command_size))
        });
        let more = match all.len().saturating_sub(shown) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        named.collect::<String>() + &more
    };
    let most = all.len().min(PROCESSES);
    if most == 0 {
        return String::new();
    }
    let sizes = (1..=most).rev().flat_map(|shown| {
        [COMMAND, 40, 30, 20, SHORT_COMMAND].map(|command_size| (shown, command_size))
    });
    sizes
        .map(|(shown, command_size)| list(shown, command_size))
        .find(|text| text.chars().count() <= room)
        .unwrap_or_else(|| list(1, SHORT_COMMAND))
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

/// Why a filter selected an object, where the description does not say so: after a colon.
pub fn why_else(filter: &Filter, object: &Object, now: i64, names: &mut Names) -> String {
    let described =
        Filter { owners: None, keys: None, min_size: None, idle: None, ..filter.clone() };
    match why(&described, object, now, names) {
        why if why.is_empty() => why,
        why => format!(": {why}"),
    }
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
    list("--key", keys.map(|keys| keys.iter().map(ToString::to_string).collect()));
    list("--min-size", filter.min_size.map(|least| vec![least.to_string()]));
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

/// A command line of at most `most` characters. To make it fit, the directory of the program is left
/// out.
fn command(process: &Process, most: usize) -> String {
    let text = escaped(&process.command);
    if text.chars().count() <= most {
        return text;
    }
    let program = text.split(' ').next().unwrap_or_default();
    let directory = program.rfind('/').map_or(0, |slash| slash + 1);
    let text = &text[directory..];
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(3)).collect();
    start + "..."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Id, Identity, Mode, Msg, Owner, Sem, Shm};
    use crate::processes::{Reason, Verdict};
    use crate::removal::Outcome;

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
            keys: Some(vec![Key(0xabcd)]),
            min_size: Some(4096),
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
             size at least 4096, changed 1m40s ago, idle 20s, unused, orphaned, in use"
        );
        assert_eq!(why(Filter { unused: true, ..Filter::default() }), "unused");
        assert_eq!(why(Filter { orphaned: true, ..Filter::default() }), "orphaned");
        assert_eq!(why(Filter { min_size: Some(0), ..Filter::default() }), "size at least 0");
        assert_eq!(why(Filter::default()), "");
    }

    /// A table that is not the kernel's may have any number.
    #[test]
    fn an_impossible_time_does_not_overflow() {
        let object = Object { ctime: i64::MIN, ..segment() };
        let filter = Filter { older: Some(Duration::ZERO), ..Filter::default() };
        let text = why(&filter, &object, 1000, &mut Names::new());
        assert_eq!(text, "changed 106751991167300d15h ago");
    }

    fn candidate(object: Object, blocked: Blocked) -> Candidate {
        Candidate { kind: object.kind(), named_by: None, id: None, object: Some(object), blocked }
    }

    fn style(idle_at: Option<i64>) -> Style {
        Style { idle_at, is_message: false }
    }

    #[test]
    fn blocked_threads_are_counted_where_there_are_any() {
        let text = |blocked| {
            style(None).describe(&candidate(segment(), blocked), DETAILS[0], &mut Names::new())
        };
        let plain = "segment 5 (key 0x0000abcd, owner 4000001, 4.9K";
        assert_eq!(text(Blocked::NotCounted), format!("{plain})"));
        assert_eq!(text(Blocked::Threads(0)), format!("{plain})"));
        assert_eq!(text(Blocked::Threads(2)), format!("{plain}, 2 blocked)"));
        assert_eq!(text(Blocked::Unknown), format!("{plain}, blocked unknown)"));
    }

    #[test]
    fn content_is_short() {
        let queue = |qnum, cbytes| Body::Msg(Msg { qnum, cbytes, ..Msg::default() });
        for (body, expected) in [
            (Body::Shm(Shm { size: 4 << 20, ..Shm::default() }), "4M"),
            (Body::Shm(Shm { size: 1, nattch: 2, ..Shm::default() }), "1B, 2 attached"),
            (queue(0, 0), "empty"),
            // Messages may be empty.
            (queue(1, 0), "1 message, 0B"),
            (queue(2, 5000), "2 messages, 4.9K"),
            (Body::Sem(Sem { nsems: 1, otime: 0 }), "1 semaphore"),
        ] {
            assert_eq!(content(&Object { body, ..segment() }), expected);
        }
    }

    #[test]
    fn a_private_object_and_a_long_line_have_no_key() {
        let line = |object: Object, begin: &str| {
            let candidate = candidate(object, Blocked::NotCounted);
            style(Some(1000)).line(begin, &candidate, ": unused", &mut Names::new())
        };
        let (begin, end) = ("would remove", "owner 4000001, 4.9K, idle 20s): unused");
        let keyed = format!("{begin} segment 5 (key 0x0000abcd, {end}");
        assert_eq!(line(segment(), begin), keyed);
        let private = Object { key: Some(Key::PRIVATE), ..segment() };
        assert_eq!(line(private, begin), format!("{begin} segment 5 ({end}"));
        let long = "x".repeat(begin.len() + WIDTH - keyed.len());
        assert_eq!(line(segment(), &long).len(), WIDTH);
        let longer = long.clone() + "x";
        assert_eq!(line(segment(), &longer).len(), WIDTH + 1 - "key 0x0000abcd, ".len());
        let longest = long + &"x".repeat(17);
        assert!(line(segment(), &longest).ends_with("x segment 5 (owner 4000001, 4.9K): unused"));
    }

    fn process(pid: i32, command: &str) -> Process {
        Process { pid, uid: 0, command: command.as_bytes().to_vec() }
    }

    #[test]
    fn a_kept_object_has_a_line_that_fits() {
        let line = |commands: &[String]| {
            let processes =
                commands.iter().zip(100..).map(|(command, pid)| process(pid, command)).collect();
            let shm = Shm { size: 5000, atime: 980, nattch: 3, ..Shm::default() };
            let candidate =
                candidate(Object { body: Body::Shm(shm), ..segment() }, Blocked::NotCounted);
            let reason =
                KeepReason::InUse(Verdict { answer: Some(true), reason: Reason::Attached(3) });
            let event = Event { candidate, outcome: Outcome::Kept(reason.clone()), processes };
            let style = Style { idle_at: Some(1000), is_message: true };
            style.kept("kept", &event, &reason, &mut Names::new())
        };
        let object = "kept segment 5 (key 0x0000abcd, owner 4000001, 4.9K, 3 attached, idle 20s)";
        assert_eq!(line(&[]), format!("{object}: in use"));
        let short = object.replace("key 0x0000abcd, ", "");
        assert_eq!(line(&["a b".to_owned()]), format!("{short}: in use: pid 100 (a b)"));
        let cut = "x".repeat(12) + "...";
        assert_eq!(line(&["x".repeat(80)]), format!("{short}: in use: pid 100 ({cut})"));
        let many: Vec<String> = (0..7).map(|_| "y".repeat(80)).collect();
        let cut = "y".repeat(12) + "...";
        let shorter = short.replace(", idle 20s", "");
        assert_eq!(line(&many), format!("{shorter}: in use: pid 100 ({cut}) and 6 more"));
    }

    #[test]
    fn as_many_processes_are_named_as_have_room() {
        let all: Vec<Process> = (1..8).map(|pid| process(pid, "1234567890")).collect();
        let one = ": pid 1 (1234567890)";
        assert_eq!(processes(&all[..1], 0), one);
        assert_eq!(processes(&all[..2], 40), format!("{one}, pid 2 (1234567890)"));
        assert_eq!(processes(&all[..2], 39), format!("{one} and 1 more"));
        let five = processes(&all, 1000);
        assert!(five.ends_with("pid 5 (1234567890) and 2 more"), "{five}");
        assert_eq!(processes(&[], 1000), "");
    }

    #[test]
    fn a_command_line_is_escaped_and_cut() {
        let command = |text: &str| command(&process(1, text), COMMAND);
        assert_eq!(command("a\x1b[2Jb\nc\u{202e}"), "a\\x1b[2Jb\\x0ac\\xe2\\x80\\xae");
        assert_eq!(command(&"x".repeat(60)), "x".repeat(60));
        assert_eq!(command(&"x".repeat(61)), "x".repeat(57) + "...");
        assert_eq!(
            command(&("/usr/bin/a ".to_owned() + &"x".repeat(58))),
            "a ".to_owned() + &"x".repeat(58)
        );
        assert_eq!(
            command(&("/a b/".to_owned() + &"x".repeat(58))),
            "a b/".to_owned() + &"x".repeat(53) + "..."
        );
        // Characters, not bytes.
        assert_eq!(command(&"\u{e9}".repeat(60)), "\u{e9}".repeat(60));
    }
}
