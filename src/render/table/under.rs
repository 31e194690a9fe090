//! The processes of each object (`-P`), as lines under its row.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::columns::Align;
use crate::escape::escaped;
use crate::model::Object;
use crate::names::Names;
use crate::processes::{PidField, Process, Recorded, Report, Role, User, without_directories};
use crate::render::posix_processes::uses;
use crate::render::waits::{alike, ranges, wait_text};

/// Blanks before a line.
const INDENT: usize = 2;
/// Blanks between two columns.
const GAP: usize = 2;
/// At most this many pids of exited processes are shown.
const GONE: usize = 3;

/// The columns: pid, user, use and command. A text that is wider than the most moves the rest of
/// its line, and not that of the others.
const COLUMNS: [(Align, usize); 4] =
    [(Align::Right, 10), (Align::Left, 16), (Align::Left, 36), (Align::Left, 0)];

/// A line under a row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// A process, in columns.
    Process([String; COLUMNS.len()]),
    /// What is known besides.
    Note(String),
}

/// How lines are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The width of the terminal.
    pub width: usize,
    /// The sign for what was cut.
    pub sign: char,
}

/// The lines under the rows of a section.
#[derive(Clone, Debug, Default)]
pub(super) struct Under {
    lines: Vec<Line>,
    /// Where the lines of each row end.
    ends: Vec<usize>,
    widths: [usize; COLUMNS.len()],
}

impl Under {
    /// Appends the lines of the next row.
    pub(super) fn push(&mut self, object: &Object, report: &Report, names: &mut Names) {
        let users = report.users.list.iter();
        for user in users {
            let User { process, access, waits, .. } = user;
            let attached = access.filter(|_| user.roles.contains(&Role::Attached));
            let mut words = uses(user);
            words.extend(attached.map(|access| access.word().to_owned()));
            words.extend(records(report, process.pid));
            let mut what = vec![words.join(", ")];
            what.extend(alike(waits).into_iter().map(|(waiter, threads)| match threads {
                1 => format!("waits: {}", wait_text(waiter)),
                _ => format!("{threads} threads wait: {}", wait_text(waiter)),
            }));
            what.retain(|words| !words.is_empty());
            self.process(process, what.join("; "), names);
        }
        if report.users.list.is_empty()
            && let Some(process) = keeper(object, report)
        {
            let what = match report.keepers.len() {
                1 => "may come back".to_owned(),
                2 => "may come back (and 1 other)".to_owned(),
                count => format!("may come back (and {} others)", count - 1),
            };
            self.process(process, what, names);
        }
        let key = report.lost_key(object).map(|key| format!("key was {key}"));
        let facts: Vec<String> = key.into_iter().chain(gone(&report.recorded.list)).collect();
        if !facts.is_empty() {
            self.lines.push(Line::Note(facts.join(", ")));
        }
        self.ends.push(self.lines.len());
    }

    fn process(&mut self, process: &Process, what: String, names: &mut Names) {
        let Process { pid, uid, command } = process;
        let user = names.user(*uid).map_or_else(|| uid.to_string(), escaped);
        let command = escaped(&without_directories(command));
        let texts = [pid.to_string(), user, what, command];
        for ((widest, text), (_, most)) in self.widths.iter_mut().zip(&texts).zip(COLUMNS) {
            *widest = text.width().min(most).max(*widest);
        }
        self.lines.push(Line::Process(texts));
    }

    /// Appends the lines of a row as text.
    pub(super) fn put(&self, row: usize, cut: Option<Cut>, out: &mut Vec<u8>) {
        let Some(end) = self.ends.get(row) else { return };
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        for line in &self.lines[start..*end] {
            let mut text = self.text(line);
            if let Some(cut) = cut {
                cut_to(&mut text, cut);
            }
            out.extend_from_slice(text.trim_end().as_bytes());
            out.push(b'\n');
        }
    }

    fn text(&self, line: &Line) -> String {
        let mut out = " ".repeat(INDENT);
        match line {
            Line::Note(note) => out.push_str(note),
            Line::Process(texts) => {
                for ((text, (align, _)), widest) in texts.iter().zip(COLUMNS).zip(self.widths) {
                    let fill = " ".repeat(widest.saturating_sub(text.width()));
                    let [first, second] = match align {
                        Align::Right => [fill.as_str(), text],
                        Align::Left => [text, fill.as_str()],
                    };
                    out.extend([first, second]);
                    out.push_str(&" ".repeat(GAP));
                }
            }
        }
        out
    }
}

/// The keeper to show: one of the owner's own processes rather than a parent of them.
fn keeper<'a>(object: &Object, report: &'a Report) -> Option<&'a Process> {
    let mut own = report.keepers.iter().filter(|keeper| keeper.uid == object.owner.uid);
    own.next().or(report.keepers.first())
}

/// What the kernel recorded of a live process: `creator`, `last sender`, `last user of semaphores
/// 0-2`.
fn records(report: &Report, pid: i32) -> Vec<String> {
    let is_live = |one: &&Recorded| one.pid == pid && one.alive.known() == Some(true);
    let word = |one: &Recorded| match (one.field, &report.semaphores) {
        (PidField::Sempid, Some(semaphores)) => {
            let own = semaphores.iter().filter(|semaphore| semaphore.pid == pid);
            let numbers: Vec<u32> = own.map(|semaphore| semaphore.num).collect();
            let noun = if numbers.len() == 1 { "semaphore" } else { "semaphores" };
            format!("last user of {noun} {}", ranges(&numbers))
        }
        (field, _) => field.noun().to_owned(),
    };
    report.recorded.list.iter().filter(is_live).map(word).collect()
}

/// The recorded processes that have exited: `creator 812 gone`.
fn gone(recorded: &[Recorded]) -> Vec<String> {
    let gone = recorded.iter().filter(|one| one.pid != 0 && one.alive.known() == Some(false));
    let mut nouns: Vec<(&str, Vec<i32>)> = Vec::new();
    for Recorded { field, pid, .. } in gone {
        match nouns.iter_mut().find(|(noun, _)| *noun == field.noun()) {
            Some((_, pids)) => pids.push(*pid),
            None => nouns.push((field.noun(), vec![*pid])),
        }
    }
    if let [(first, pids), (second, others)] = &nouns[..]
        && pids == others
    {
        return vec![format!("{first} and {second} {} gone", pids[0])];
    }
    let text = |(noun, pids): (&str, Vec<i32>)| match &pids[..] {
        [pid] => format!("{noun} {pid} gone"),
        _ => {
            let shown: Vec<String> = pids.iter().take(GONE).map(i32::to_string).collect();
            let more = match pids.len().checked_sub(GONE).filter(|more| *more > 0) {
                Some(more) => format!(" and {more} more"),
                None => String::new(),
            };
            format!("{noun}s {}{more} gone", shown.join(", "))
        }
    };
    nouns.into_iter().map(text).collect()
}

/// Cuts a line that is too wide.
fn cut_to(line: &mut String, cut: Cut) {
    if line.trim_end().width() <= cut.width {
        return;
    }
    let mut used = 1;
    let end = line.char_indices().find(|(_, char)| {
        used += char.width().unwrap_or(0);
        used > cut.width
    });
    let end = end.map(|(at, _)| at);
    line.truncate(end.unwrap_or(line.len()));
    line.push(cut.sign);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::Alive;

    fn recorded(field: PidField, pid: i32, alive: Alive) -> Recorded {
        Recorded { field, pid, alive, process: None }
    }

    #[test]
    fn exited_processes_are_one_line() {
        let text = |all: &[(PidField, i32, Alive)]| {
            let list: Vec<Recorded> =
                all.iter().map(|(field, pid, alive)| recorded(*field, *pid, *alive)).collect();
            gone(&list).join(", ")
        };
        let (cpid, lpid, sempid) = (PidField::Cpid, PidField::Lpid, PidField::Sempid);
        assert_eq!(text(&[(cpid, 8, Alive::Gone), (lpid, 9, Alive::Yes)]), "creator 8 gone");
        assert_eq!(
            text(&[(cpid, 8, Alive::Gone), (lpid, 9, Alive::Replaced)]),
            "creator 8 gone, last user 9 gone"
        );
        let same = [(cpid, 8, Alive::Gone), (lpid, 8, Alive::Gone)];
        assert_eq!(text(&same), "creator and last user 8 gone");
        assert_eq!(text(&[(cpid, 0, Alive::Never), (lpid, 8, Alive::Yes)]), "");
        let many: Vec<_> = (1..=5).map(|pid| (sempid, pid, Alive::Gone)).collect();
        assert_eq!(text(&many[..3]), "last users 1, 2, 3 gone");
        assert_eq!(text(&many), "last users 1, 2, 3 and 2 more gone");
    }

    #[test]
    fn columns_are_aligned_and_a_wide_text_moves_only_its_own_line() {
        let mut under = Under::default();
        let mut names = Names::numeric();
        let mut add = |pid, uid, what: &str| {
            let process = Process { pid, uid, command: b"/bin/a b".to_vec() };
            under.process(&process, what.to_owned(), &mut names);
            under.ends.push(under.lines.len());
        };
        add(7, 33, "rw");
        add(12345, 4_000_000, "creator");
        let wide = "x".repeat(44);
        add(8, 1, &wide);
        let text = |row, cut| {
            let mut out = Vec::new();
            under.put(row, cut, &mut out);
            String::from_utf8(out).unwrap()
        };
        let fill = |most: usize, text: &str| " ".repeat(most - text.len());
        let what = fill(36, "rw");
        assert_eq!(text(0, None), format!("      7  33       rw{what}  a b\n"));
        let what = fill(36, "creator");
        assert_eq!(text(1, None), format!("  12345  4000000  creator{what}  a b\n"));
        assert_eq!(text(2, None), format!("      8  1        {wide}  a b\n"));
        assert_eq!(text(3, None), "");
        let cut = Some(Cut { width: 20, sign: '~' });
        assert_eq!(text(2, cut), "      8  1        x~\n");
        assert_eq!(text(0, Some(Cut { width: 60, sign: '~' })), text(0, None));
    }

    #[test]
    fn wide_characters_are_not_cut_in_half() {
        let mut line = "ab\u{8868}\u{8868}".to_owned();
        cut_to(&mut line, Cut { width: 6, sign: '~' });
        assert_eq!(line, "ab\u{8868}\u{8868}");
        cut_to(&mut line, Cut { width: 5, sign: '~' });
        assert_eq!(line, "ab\u{8868}~");
        cut_to(&mut line, Cut { width: 4, sign: '~' });
        assert_eq!(line, "ab~");
    }
}
