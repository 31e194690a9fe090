//! Descriptions of objects, and of what happens to them.

use std::time::Duration;

use crate::escape::escaped;
use crate::model::{Body, Content, FileType, Key, Kinds, Msg, Object, Pmsg, Psem, Share};
use crate::names::Names;
use crate::processes::{Process, without_directories};
use crate::query::{Filter, KeyMatch};
use crate::removal::{Blocked, Candidate, Event, KeepReason, OtherFile, Selection};
use crate::render::digits::put_percent;
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
    /// How many columns the name of a namespace takes before the line.
    pub indent: usize,
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
        WIDTH.checked_sub(begin + self.indent + text.chars().count())
    }

    /// `queue 5 (key 0x00001234, owner root, 1 message, 10B, 2 blocked)`.
    fn describe(self, candidate: &Candidate, details: Details, names: &mut Names) -> String {
        let Some(object) = &candidate.object else { return short(candidate) };
        let key = object.key.filter(|key| details.key && *key != Key::PRIVATE);
        let blocked = match candidate.blocked {
            Blocked::NotCounted | Blocked::Threads(0) | Blocked::Processes(0) => None,
            Blocked::Threads(count) => Some(format!("{count} blocked")),
            Blocked::Processes(1) => Some("used by 1 process".to_owned()),
            Blocked::Processes(count) => Some(format!("used by {count} processes")),
            Blocked::Unknown if object.kind().is_posix() => Some("use unknown".to_owned()),
            Blocked::Unknown => Some("blocked unknown".to_owned()),
        };
        let idle = self
            .idle_at
            .filter(|_| details.idle)
            .map(|now| format!("idle {}", duration(now.saturating_sub(object.last_use()), "")));
        let facts = [
            key.map(|key| format!("key {key}")),
            Some(format!("owner {}", user(object.owner.uid, names))),
            Some(content(object)).filter(|content| !content.is_empty()),
            blocked,
            idle,
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        format!("{} ({})", short(candidate), facts.join(", "))
    }
}

/// `queue 5`, `shared memory object foo`, or what another file is: `directory foo`.
pub fn short(candidate: &Candidate) -> String {
    let noun = candidate.kind.short_noun();
    if let Some(object) = &candidate.object {
        return match OtherFile::of(object).zip(object.name()) {
            Some((other, name)) => format!("{} {}", other.noun(), escaped(name.file())),
            None => format!("{noun} {}", object.identity.name),
        };
    }
    let id = candidate.id.map(|id| id.to_string().into());
    match id.or_else(|| candidate.shown_name()) {
        Some(name) => format!("{noun} {name}"),
        None => noun.to_owned(),
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
        Body::Pshm(file) | Body::Psem(Psem { file, .. }) if file.file_type != FileType::Regular => {
            String::new()
        }
        Body::Pshm(file) => human(file.size).to_string(),
        Body::Pmsg(Pmsg { qnum: Some(0), .. }) => "empty".to_owned(),
        Body::Pmsg(Pmsg { qnum: Some(qnum), cbytes, .. }) => {
            format!("{}, {}", count(*qnum, "message"), human(cbytes.unwrap_or(0)))
        }
        Body::Pmsg(_) => "unreadable".to_owned(),
        Body::Psem(Psem { content: Content::Semaphore { value, .. }, .. }) => {
            format!("value {value}")
        }
        Body::Psem(Psem { content: Content::Foreign, file }) => human(file.size).to_string(),
        Body::Psem(_) => "unreadable".to_owned(),
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
    let or_unsure = if filter.include_unsure { " or unsure" } else { "" };
    for (set, word) in [(filter.unused, "unused"), (filter.orphaned, "orphaned")] {
        clauses.extend(set.then(|| format!("{word}{or_unsure}")));
    }
    clauses.extend(filter.in_use.then(|| "in use".to_owned()));
    clauses.join(", ")
}

/// Up to two decimal places, rounded down: `80`, `99.5`, `0.07`.
fn percent(share: Share) -> String {
    let mut text = Vec::new();
    put_percent(&mut text, share);
    escaped(&text)
}

/// A word as a shell reads it, with quotes where it needs them.
pub fn shell_word(typed: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+:@%".contains(byte);
    match escaped(typed) {
        plain if typed.iter().all(is_plain) => plain,
        other => format!("'{}'", other.replace('\'', r"'\''")),
    }
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

/// How to list what a selection keeps because it may be in use. `namespace` is the value of
/// `--namespace`.
pub fn unsure_form(selection: &Selection, namespace: Option<&[u8]>, names: &mut Names) -> String {
    let Selection { filter, kinds, .. } = selection;
    let mut words = vec!["ipcrm -n".to_owned()];
    words.extend(namespace.map(|typed| format!("--namespace {}", shell_word(typed))));
    words.push(match *kinds {
        Kinds::SYSTEM_V => "-a".to_owned(),
        kinds => kinds.words(" ", "-a"),
    });
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

/// A command line without directories, of at most `most` characters.
fn command(process: &Process, most: usize) -> String {
    let text = escaped(&without_directories(&process.command));
    if text.chars().count() <= most {
        return text;
    }
    let start: String = text.chars().take(most.saturating_sub(3)).collect();
    start + "..."
}

#[cfg(test)]
#[path = "describe_tests.rs"]
mod tests;
