//! Who waits for whom: what a thread waits for, and lines about waits and deadlocks.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use crate::escape::escaped;
use crate::model::{Identity, Kind};
use crate::processes::{Alive, PidField, Wait, WaitGraph, Waiter, WaitsOn, without_directories};

/// How many operations of one call are shown; JSON shows all of them.
const SHOWN_OPS: usize = 4;
/// How many bytes of a command are shown in a line; fewer where the line is too long.
const COMMAND: [usize; 4] = [40, 30, 20, 10];

/// What a thread waits for: `semop 3: -2`, with each operation, or `msgrcv type 7`.
pub(super) fn wait_text(waiter: &Waiter) -> String {
    let mut text = match &waiter.wait {
        Wait::Semop { ops, .. } if ops.is_empty() => "semop ?".to_owned(),
        Wait::Semop { ops, .. } => {
            let shown = ops.iter().take(SHOWN_OPS);
            let mut words: Vec<_> =
                shown.map(|sop| format!("{}: {}", sop.num, sop.sem_op)).collect();
            if ops.len() > SHOWN_OPS {
                words.push(format!("{} more", ops.len() - SHOWN_OPS));
            }
            format!("semop {}", words.join(", "))
        }
        Wait::Msgsnd => "msgsnd".to_owned(),
        Wait::MqSend { .. } => "mq_send".to_owned(),
        Wait::MqReceive { .. } => "mq_receive".to_owned(),
        Wait::Msgrcv { msgtyp: 0, .. } => "msgrcv any type".to_owned(),
        Wait::Msgrcv { msgtyp, .. } if *msgtyp < 0 => {
            format!("msgrcv type up to {}", msgtyp.unsigned_abs())
        }
        Wait::Msgrcv { msgtyp, except: true } => format!("msgrcv any type except {msgtyp}"),
        Wait::Msgrcv { msgtyp, except: false } => format!("msgrcv type {msgtyp}"),
    };
    if waiter.stopped {
        text.push_str(" (stopped)");
    }
    text
}

/// The waits of a process, each with its number of threads.
pub(super) fn alike(waits: &[Waiter]) -> Vec<(&Waiter, usize)> {
    let mut groups: Vec<(&Waiter, usize)> = Vec::new();
    for waiter in waits {
        let is_same = |other: &Waiter| other.wait == waiter.wait && other.stopped == waiter.stopped;
        match groups.iter_mut().find(|(other, _)| is_same(other)) {
            Some((_, threads)) => *threads += 1,
            None => groups.push((waiter, 1)),
        }
    }
    groups
}

/// `2-4,7`
pub(super) fn ranges(numbers: &[u32]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut at = 0;
    while at < numbers.len() {
        let start = at;
        while at + 1 < numbers.len() && numbers[at + 1] == numbers[at] + 1 {
            at += 1;
        }
        words.push(match at - start {
            0 => numbers[start].to_string(),
            _ => format!("{}-{}", numbers[start], numbers[at]),
        });
        at += 1;
    }
    words.join(",")
}

/// A line after a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitLine {
    /// The line. It is escaped.
    pub text: String,
    /// Whether it is about a possible deadlock.
    pub is_deadlock: bool,
}

/// Whom the waiters of the shown objects wait for, where that is known, and all deadlocks. What
/// nobody is known to hold up is not repeated here: the waiters are listed with their objects.
///
/// Commands are cut so that the lines fit `width` columns, if that is possible.
pub fn lines(
    graph: &WaitGraph,
    is_shown: impl Fn(&Identity) -> bool,
    width: Option<u16>,
) -> Vec<WaitLine> {
    let mut waiting: BTreeMap<_, (&WaitsOn, usize)> = BTreeMap::new();
    let mut deadlocks: BTreeMap<_, (&WaitsOn, usize)> = BTreeMap::new();
    for edge in &graph.edges {
        let WaitsOn { object, num, field, on, .. } = edge;
        let key = (object, *num, *field, *on);
        let (_, threads) = match edge.circle {
            Some(circle) => {
                deadlocks.entry((circle, edge.pid, key, edge.timed)).or_insert((edge, 0))
            }
            None if is_shown(object) && is_held(edge) => waiting.entry(key).or_insert((edge, 0)),
            None => continue,
        };
        *threads += 1;
    }
    let fits = |text: &String| width.is_none_or(|width| text.width() <= width.into());
    let fit = |line: &dyn Fn(usize) -> String| {
        COMMAND.into_iter().map(line).find(fits).unwrap_or_else(|| line(0))
    };
    let waiting = waiting.values();
    let waiting = waiting.map(|(edge, threads)| fit(&|most| waiting_line(edge, *threads, most)));
    let deadlocks = deadlocks.values();
    let deadlocks =
        deadlocks.map(|(edge, threads)| fit(&|most| deadlock_line(edge, *threads, most)));
    let line = |is_deadlock| move |text| WaitLine { text, is_deadlock };
    waiting.map(line(false)).chain(deadlocks.map(line(true))).collect()
}

/// Whether another process is known that the thread waits for.
fn is_held(edge: &WaitsOn) -> bool {
    edge.on.is_some_and(|on| on > 0 && on != edge.pid)
}

/// `semaphore 3 of set 8: 2 waiting, last changed by 4211 (master)`
fn waiting_line(edge: &WaitsOn, threads: usize, most: usize) -> String {
    format!("{}: {threads} waiting{}", what(edge), last_by(edge, most))
}

/// `deadlock: 912 (worker) waits for semaphore 3 of set 8, last changed by 4211`. Each process of a
/// deadlock has a line, so each command is shown once.
fn deadlock_line(edge: &WaitsOn, threads: usize, most: usize) -> String {
    let WaitsOn { pid, tid, .. } = edge;
    let command = in_parentheses(&edge.command, most);
    let who = match threads {
        1 if tid == pid => format!("{pid}{command} waits"),
        1 => format!("thread {tid} of {pid}{command} waits"),
        _ => format!("{threads} threads of {pid}{command} wait"),
    };
    let timeout = match (edge.timed, edge.ends_by_timeout) {
        (true, _) => " with a timeout",
        (false, true) => " until another's timeout",
        (false, false) => "",
    };
    let unnamed = WaitsOn { on_command: Vec::new(), ..edge.clone() };
    format!("deadlock: {who} for {}{timeout}{}", what(edge), last_by(&unnamed, most))
}

fn what(edge: &WaitsOn) -> String {
    let name = &edge.object.name;
    match (edge.object.kind, edge.num) {
        (Kind::Sem, Some(num)) => format!("semaphore {num} of set {name}"),
        (Kind::Sem, None) => format!("set {name}"),
        _ => format!("queue {name}"),
    }
}

/// The other process, and what it did.
fn last_by(edge: &WaitsOn, most: usize) -> String {
    let did = match edge.field {
        PidField::Lspid => "sent to",
        PidField::Lrpid => "received from",
        _ => "changed",
    };
    let Some(on) = edge.on else { return String::new() };
    let state = match edge.alive {
        Alive::Gone | Alive::Replaced => " (gone)".to_owned(),
        Alive::Unknown(_) => " (may have exited)".to_owned(),
        _ => in_parentheses(&edge.on_command, most),
    };
    format!(", last {did} by {on}{state}")
}

fn in_parentheses(command: &[u8], most: usize) -> String {
    match short_command(command, most) {
        _ if most == 0 => String::new(),
        text if text.is_empty() => text,
        text => format!(" ({text})"),
    }
}

/// A command without directories, escaped and cut after this many bytes.
fn short_command(command: &[u8], most: usize) -> String {
    let mut text = escaped(&without_directories(command));
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Id;
    use crate::processes::{Doubt, SemOp};

    fn edge(set: i32) -> WaitsOn {
        WaitsOn::example(set)
    }

    fn text(edges: &[WaitsOn]) -> Vec<String> {
        let graph = WaitGraph { edges: edges.to_vec(), ..WaitGraph::default() };
        lines(&graph, |_| true, None).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn waiters_for_the_same_process_share_a_line() {
        let another = WaitsOn { pid: 913, tid: 915, ..edge(8) };
        assert_eq!(
            text(&[edge(8), another, edge(9)]),
            [
                "semaphore 3 of set 8: 2 waiting, last changed by 4211 (master)",
                "semaphore 3 of set 9: 1 waiting, last changed by 4211 (master)"
            ]
        );
        let line = |edge: WaitsOn| text(&[edge]).concat();
        let gone = WaitsOn { alive: Alive::Gone, ..edge(8) };
        assert!(line(gone).ends_with(" by 4211 (gone)"));
        let unknown = WaitsOn { alive: Alive::Unknown(Doubt::MayBeReused), ..edge(8) };
        assert!(line(unknown).ends_with(" by 4211 (may have exited)"));
        let object = Identity::sysv(Kind::Msg, Id(7));
        let queue = WaitsOn { object, num: None, field: PidField::Lspid, ..edge(8) };
        assert_eq!(line(queue), "queue 7: 1 waiting, last sent to by 4211 (master)");
    }

    #[test]
    fn a_wait_without_a_known_process_is_not_a_line() {
        for on in [None, Some(0), Some(912)] {
            assert!(text(&[WaitsOn { on, ..edge(8) }]).is_empty(), "{on:?}");
        }
    }

    #[test]
    fn every_deadlock_is_shown_after_the_waits_of_the_shown_objects() {
        let circle = |id, circle| WaitsOn { circle: Some(circle), ..edge(id) };
        let edges = vec![circle(1, 1), circle(2, 0), edge(3), edge(4)];
        let graph = WaitGraph { edges, ..WaitGraph::default() };
        let shown = lines(&graph, |object| object.name.id() == Some(Id(4)), None);
        let sets: Vec<_> = shown
            .iter()
            .map(|line| (line.is_deadlock, line.text.split([',', ':']).find(|w| w.contains("set"))))
            .map(|(is_deadlock, words)| (is_deadlock, words.and_then(|it| it.chars().last())))
            .collect();
        assert_eq!(sets, [(false, Some('4')), (true, Some('2')), (true, Some('1'))]);
    }

    #[test]
    fn a_deadlock_names_its_processes_and_threads() {
        let first = WaitsOn { circle: Some(0), ..edge(8) };
        let what = "semaphore 3 of set 8";
        let who = "(python3 worker.py\\x0a)";
        let line = |edges: &[WaitsOn]| text(edges).concat();
        assert_eq!(
            line(std::slice::from_ref(&first)),
            format!("deadlock: 912 {who} waits for {what}, last changed by 4211")
        );
        let other = WaitsOn { tid: 914, ..first.clone() };
        assert_eq!(
            line(&[first.clone(), other.clone()]),
            format!("deadlock: 2 threads of 912 {who} wait for {what}, last changed by 4211")
        );
        let timed = WaitsOn { timed: true, ends_by_timeout: true, ..other };
        assert_eq!(
            line(&[timed]),
            format!(
                "deadlock: thread 914 of 912 {who} waits for {what} with a timeout, \
                 last changed by 4211"
            )
        );
        let ends = WaitsOn { ends_by_timeout: true, ..first };
        assert!(line(&[ends]).contains(" set 8 until another's timeout, last"));
    }

    #[test]
    fn a_command_is_cut_at_forty_bytes() {
        assert_eq!(short_command(&[b'x'; 40], 40), "x".repeat(40));
        assert_eq!(short_command(&[b'x'; 41], 40), "x".repeat(40) + "...");
        let wide = "x".to_owned() + &"\u{e9}".repeat(30);
        assert_eq!(short_command(wide.as_bytes(), 40), wide[..39].to_owned() + "...");
        assert_eq!(short_command(b"", 40), "");
    }

    #[test]
    fn a_line_fits_the_terminal_by_a_shorter_command() {
        let command = [&b"/usr/bin/"[..], &[b'x'; 60]].concat();
        let edges = vec![WaitsOn { command, circle: Some(0), ..edge(8) }];
        let graph = WaitGraph { edges, ..WaitGraph::default() };
        let fitted = |width| lines(&graph, |_| true, width)[0].text.clone();
        let cut = |most| format!("deadlock: 912 ({}...) waits for ", "x".repeat(most));
        for (width, most) in [(None, 40), (Some(120), 40), (Some(110), 30), (Some(90), 10)] {
            let line = fitted(width);
            assert!(line.starts_with(&cut(most)), "{width:?}: {line}");
            assert!(width.is_none_or(|width| line.len() <= width.into()), "{line}");
        }
        assert!(fitted(Some(60)).starts_with("deadlock: 912 waits for "));
    }

    #[test]
    fn the_first_four_operations_are_shown() {
        let line = |count: u16| {
            let ops = (0..count).map(|num| SemOp { num, sem_op: -1 }).collect();
            let wait = Wait::Semop { ops, timed: false };
            wait_text(&Waiter { pid: 1, tid: 1, wait, stopped: false })
        };
        assert_eq!(line(0), "semop ?");
        assert_eq!(line(1), "semop 0: -1");
        assert_eq!(line(4), "semop 0: -1, 1: -1, 2: -1, 3: -1");
        assert_eq!(line(6), "semop 0: -1, 1: -1, 2: -1, 3: -1, 2 more");
    }

    #[test]
    fn threads_that_wait_alike_are_counted() {
        let waiter = |tid, msgtyp| {
            let wait = Wait::Msgrcv { msgtyp, except: false };
            Waiter { pid: 1, tid, wait, stopped: false }
        };
        let waits = [waiter(1, 5), waiter(2, 0), waiter(3, 5)];
        let stopped = Waiter { stopped: true, ..waiter(4, 5) };
        let waits = [&waits[..], &[stopped]].concat();
        let found: Vec<_> =
            alike(&waits).into_iter().map(|(one, count)| (wait_text(one), count)).collect();
        let expected =
            [("msgrcv type 5", 2), ("msgrcv any type", 1), ("msgrcv type 5 (stopped)", 1)];
        assert_eq!(found, expected.map(|(text, count)| (text.to_owned(), count)));
    }

    #[test]
    fn consecutive_numbers_are_a_range() {
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[3]), "3");
        assert_eq!(ranges(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
    }
}
