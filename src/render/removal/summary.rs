//! The result of a run with a filter, in one line.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::describe::count;
use crate::escape::escaped;
use crate::model::{Body, Kind, Object};
use crate::processes::{NamedProcess, Reason};
use crate::removal::{Event, KeepReason, Outcome};
use crate::render::size::human;

/// Numbers of objects by their outcome.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    removed: Vec<Removed>,
    marked: u64,
    gone: u64,
    in_use: u64,
    unsure: u64,
    keepers: Keepers,
    changed: u64,
    declined: u64,
    /// Files that are not objects.
    other_files: u64,
    failed: u64,
    /// What would have happened is unknown.
    unchecked: u64,
    unprocessed: u64,
    has_gaps: bool,
}

/// The removed objects of a kind.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Removed {
    kind: Kind,
    number: u64,
    /// The size of segments, or of the messages in queues.
    bytes: u64,
}

/// The processes that may come back to unsure objects.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Keepers {
    first: Option<NamedProcess>,
    has_others: bool,
    /// How many objects have a keeper.
    objects: u64,
}

impl Keepers {
    fn add(&mut self, keeper: &NamedProcess) {
        let first = self.first.get_or_insert_with(|| keeper.clone());
        self.has_others |= first.pid != keeper.pid;
        self.objects += 1;
    }

    /// `apache2 (812) may come back to them`, of this many unsure objects.
    fn text(&self, unsure: u64) -> Option<String> {
        let NamedProcess { pid, comm, .. } = self.first.as_ref()?;
        let others = if self.has_others { " and others" } else { "" };
        let what = match self.objects {
            1 if unsure == 1 => "it".to_owned(),
            all if all == unsure => "them".to_owned(),
            part => format!("{part} of them"),
        };
        Some(format!("{} ({pid}){others} may come back to {what}", escaped(comm)))
    }
}

impl Summary {
    /// Counts an object.
    pub fn add(&mut self, event: &Event) {
        let number = match &event.outcome {
            Outcome::Removed => {
                let object = event.candidate.object.as_ref();
                self.marked += u64::from(object.is_some_and(|object| object.nattch() > 0));
                let removed = self.removed_of(event.candidate.kind);
                // The numbers of a table that is not the kernel's may be of any size.
                let bytes = object.map_or(0, bytes);
                removed.bytes = removed.bytes.saturating_add(bytes);
                &mut removed.number
            }
            Outcome::Gone => &mut self.gone,
            Outcome::Failed(cause) if cause.is_unknown() => &mut self.unchecked,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::Kept(reason) if reason.is_unsure() => {
                if let Some(keeper) = reason.reason().as_ref().and_then(Reason::keeper) {
                    self.keepers.add(keeper);
                }
                &mut self.unsure
            }
            Outcome::Kept(reason) if reason.is_use() => &mut self.in_use,
            Outcome::Kept(KeepReason::Declined) => &mut self.declined,
            Outcome::Kept(KeepReason::OtherFile(_)) => &mut self.other_files,
            Outcome::Kept(_) => &mut self.changed,
        };
        *number += 1;
    }

    fn removed_of(&mut self, kind: Kind) -> &mut Removed {
        let at = match self.removed.iter().position(|known| known.kind == kind) {
            Some(at) => at,
            None => {
                self.removed.push(Removed { kind, number: 0, bytes: 0 });
                self.removed.len() - 1
            }
        };
        &mut self.removed[at]
    }

    /// The run ended before it had processed this many objects.
    pub fn add_unprocessed(&mut self, number: usize) {
        self.unprocessed += number as u64;
    }

    /// Something could not be read.
    pub fn set_has_gaps(&mut self) {
        self.has_gaps = true;
    }

    /// How many objects stayed because they may be in use.
    #[must_use]
    pub fn unsure(&self) -> u64 {
        self.unsure
    }

    /// Whether nothing matched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let failed = self.failed + self.unchecked;
        let kept = self.in_use + self.unsure + self.changed + self.declined + self.other_files;
        self.removed.is_empty() && kept + self.gone + failed + self.unprocessed == 0
    }

    /// The line. `owner` is the only owner that the filter selects, and `unsure_form` says how to
    /// list what may be in use, unless it is empty.
    #[must_use]
    pub fn line(&self, dry_run: bool, owner: Option<&str>, unsure_form: &str) -> String {
        if self.is_empty() {
            let readable = if self.has_gaps { " among what could be read" } else { "" };
            return format!("nothing matched{readable}");
        }
        let (removed, kept, failed) = match dry_run {
            true => ("would remove", "would keep", "would fail"),
            false => ("removed", "kept", "failed"),
        };
        let mut parts = vec![match (self.removed.is_empty(), dry_run) {
            (true, false) => "nothing removed".to_owned(),
            _ => format!("{removed} {}", self.objects(owner)),
        }];
        let other_files = if self.other_files == 1 { "other file" } else { "other files" };
        let kinds_of_kept = [
            (self.in_use, "in use"),
            (self.changed, "changed"),
            (self.declined, "declined"),
            (self.other_files, other_files),
        ];
        let kept_parts = list(kinds_of_kept.into_iter());
        if !kept_parts.is_empty() {
            parts.push(format!("{kept} {kept_parts}"));
        }
        parts.extend(self.unsure_part(dry_run, unsure_form));
        let rest = [
            (self.gone, "already gone"),
            (self.failed, failed),
            (self.unchecked, "could not be checked"),
            (self.unprocessed, "not processed"),
        ];
        parts.extend(
            rest.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")),
        );
        parts.join("; ")
    }

    /// The line of a dry run of `--all`, which has no filter.
    #[must_use]
    pub fn line_of_all(&self) -> String {
        match self.is_empty() {
            true if self.has_gaps => "would remove nothing of what could be read".to_owned(),
            true => "would remove nothing".to_owned(),
            false => self.line(true, None, ""),
        }
    }

    /// What stays because it may be in use, with a process that may use it again or how to list it.
    fn unsure_part(&self, dry_run: bool, unsure_form: &str) -> Option<String> {
        let number = self.unsure;
        if number == 0 {
            return None;
        }
        let nothing_removed = self.removed.is_empty();
        let kept = match dry_run {
            true => format!("would keep {number}"),
            false => format!("{number} kept"),
        };
        Some(match self.keepers.text(number) {
            Some(why) => match nothing_removed {
                true => format!("{number} may be in use ({why})"),
                false => format!("{kept}: {why}"),
            },
            None if unsure_form.is_empty() => match nothing_removed {
                true => format!("{number} may be in use"),
                false => format!("{kept} that may be in use"),
            },
            None => match nothing_removed {
                true => format!("{number} may be in use ({unsure_form})"),
                false => format!("{kept} that may be in use; {unsure_form}"),
            },
        })
    }

    fn objects(&self, owner: Option<&str>) -> String {
        let order = Kind::REMOVAL_ORDER.iter();
        let kinds = order.filter_map(|kind| self.removed.iter().find(|known| known.kind == *kind));
        let counts: Vec<String> = kinds.map(ToString::to_string).collect();
        let mut text = match counts.as_slice() {
            [] => return "nothing".to_owned(),
            [.., last] if counts.len() > 1 => {
                format!("{} and {last}", counts[..counts.len() - 1].join(", "))
            }
            [only, ..] => only.clone(),
        };
        if let Some(owner) = owner {
            text.push_str(&format!(" of {owner}"));
        }
        let removed: u64 = self.removed.iter().map(|known| known.number).sum();
        match (self.marked, removed) {
            (0, _) => {}
            (1, 1) => text.push_str(", freed when the last process detaches"),
            (marked, _) => {
                let segments = count(marked, Kind::Shm.short_noun());
                text.push_str(&format!("; {segments} at the last detach"));
            }
        }
        text
    }
}

/// `3 segments (4M)`.
impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&count(self.number, self.kind.short_noun()))?;
        if self.bytes > 0 { write!(f, " ({})", human(self.bytes)) } else { Ok(()) }
    }
}

fn bytes(object: &Object) -> u64 {
    match &object.body {
        Body::Shm(shm) => shm.size,
        Body::Msg(msg) => msg.cbytes,
        Body::Pshm(file) => file.allocated,
        Body::Pmsg(pmsg) => pmsg.cbytes.unwrap_or(0),
        Body::Sem(_) | Body::Psem(_) => 0,
    }
}

fn list<'a>(numbers: impl Iterator<Item = (u64, &'a str)>) -> String {
    let parts: Vec<String> = numbers
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Id, Identity, Mode, Msg, Owner, Sem, Shm};
    use crate::processes::Verdict;
    use crate::removal::{Blocked, Candidate, Cause, Change};
    use crate::sys::Errno;

    fn in_use(answer: Option<bool>) -> Outcome {
        Outcome::Kept(KeepReason::InUse(Verdict { answer, reason: Reason::Blocked(1) }))
    }

    fn summary(outcomes: impl IntoIterator<Item = Outcome>) -> Summary {
        let mut summary = Summary::default();
        for outcome in outcomes {
            let candidate = Candidate {
                kind: Kind::Shm,
                named_by: None,
                id: None,
                object: None,
                blocked: Blocked::NotCounted,
            };
            summary.add(&Event { candidate, outcome, processes: Vec::new() });
        }
        summary
    }

    #[test]
    fn every_outcome_is_counted_in_words() {
        let form = "to see those untouched for a day: ipcrm -n sem --include-unsure --idle 1d";
        assert_eq!(summary([]).line(false, None, form), "nothing matched");
        let mut unread = summary([]);
        unread.set_has_gaps();
        assert_eq!(unread.line(false, None, form), "nothing matched among what could be read");
        let mut all = summary([
            in_use(Some(true)),
            Outcome::Kept(KeepReason::Marked { nattch: 1 }),
            in_use(None),
            Outcome::Kept(KeepReason::Changed(Change::Key)),
            Outcome::Kept(KeepReason::Declined),
            Outcome::Gone,
            Outcome::Failed(Cause::Removal(Errno::EPERM)),
            Outcome::Failed(Cause::Unread(Errno::EPERM)),
        ]);
        all.add_unprocessed(7);
        assert_eq!(
            all.line(false, Some("root"), form),
            "nothing removed; kept 2 in use, 1 changed, 1 declined; 1 may be in use (to see those \
             untouched for a day: ipcrm -n sem --include-unsure --idle 1d); 1 already gone; \
             1 failed; 1 could not be checked; 7 not processed"
        );
        let line = all.line(true, None, form);
        assert!(line.starts_with("would remove nothing; would keep 2 in use"), "{line}");
        assert!(
            line.ends_with("; 1 would fail; 1 could not be checked; 7 not processed"),
            "{line}"
        );
    }

    #[test]
    fn a_process_that_may_come_back_is_named() {
        let process = NamedProcess { pid: 812, uid: 33, comm: b"apache2\x1b".to_vec() };
        let verdict = |process: &NamedProcess| Verdict {
            answer: None,
            reason: Reason::Keeper { process: process.clone(), was_there: true },
        };
        let one = summary([Outcome::Kept(KeepReason::InUse(verdict(&process)))]);
        assert_eq!(
            one.line(false, None, ""),
            "nothing removed; 1 may be in use (apache2\\x1b (812) may come back to it)"
        );
        let some = [
            Outcome::Removed,
            Outcome::Kept(KeepReason::NotSure(verdict(&process))),
            Outcome::Kept(KeepReason::InUse(verdict(&process))),
        ];
        let some = summary(some);
        assert_eq!(some.unsure(), 2);
        assert_eq!(
            some.line(false, None, ""),
            "removed 1 segment; 2 kept: apache2\\x1b (812) may come back to them"
        );
        let line = some.line(true, None, "");
        assert!(
            line.ends_with("; would keep 2: apache2\\x1b (812) may come back to them"),
            "{line}"
        );
    }

    #[test]
    fn a_dry_run_of_all_says_what_it_would_remove() {
        assert_eq!(summary([]).line_of_all(), "would remove nothing");
        let mut unread = summary([]);
        unread.set_has_gaps();
        assert_eq!(unread.line_of_all(), "would remove nothing of what could be read");
        let both = summary([Outcome::Removed, Outcome::Failed(Cause::Removal(Errno::EPERM))]);
        assert_eq!(both.line_of_all(), "would remove 1 segment; 1 would fail");
    }

    #[test]
    fn the_keeper_of_some_or_several_objects_is_named() {
        let kept = |pid: Option<i32>| {
            let reason = match pid {
                Some(pid) => {
                    Reason::OfItsUids(NamedProcess { pid, uid: 33, comm: b"apache2".to_vec() })
                }
                None => Reason::OwnedByRoot,
            };
            Outcome::Kept(KeepReason::NotSure(Verdict { answer: None, reason }))
        };
        for (pids, text) in [
            (&[Some(1), None, Some(1)][..], "3 kept: apache2 (1) may come back to 2 of them"),
            (&[None, Some(1)], "2 kept: apache2 (1) may come back to 1 of them"),
            (&[Some(1), Some(2)], "2 kept: apache2 (1) and others may come back to them"),
            (&[None, None], "2 kept that may be in use; FORM"),
        ] {
            let outcomes = pids.iter().map(|pid| kept(*pid));
            let line =
                summary([Outcome::Removed].into_iter().chain(outcomes)).line(false, None, "FORM");
            assert_eq!(line, format!("removed 1 segment; {text}"));
        }
    }

    #[test]
    fn sizes_are_summed_by_kind() {
        let mut all = Summary::default();
        for body in [
            Body::Shm(Shm { size: 3 << 20, ..Shm::default() }),
            Body::Shm(Shm { size: 1 << 20, nattch: 1, ..Shm::default() }),
            Body::Msg(Msg { cbytes: 5000, qnum: 1, ..Msg::default() }),
            Body::Sem(Sem { nsems: 17, otime: 0 }),
        ] {
            let kind = match body {
                Body::Shm(_) => Kind::Shm,
                Body::Msg(_) => Kind::Msg,
                Body::Sem(_) => Kind::Sem,
                Body::Pshm(_) => Kind::Pshm,
                Body::Pmsg(_) => Kind::Pmsg,
                Body::Psem(_) => Kind::Psem,
            };
            let object = Object {
                identity: Identity::sysv(kind, Id(5)),
                key: None,
                seq: None,
                owner: Owner::default(),
                creator: None,
                mode: Mode(0o600),
                ctime: 0,
                body,
            };
            let candidate = Candidate {
                kind,
                named_by: None,
                id: None,
                object: Some(object),
                blocked: Blocked::NotCounted,
            };
            all.add(&Event { candidate, outcome: Outcome::Removed, processes: Vec::new() });
        }
        assert_eq!(
            all.line_of_all(),
            "would remove 2 segments (4M), 1 semaphore set and 1 queue (4.9K); 1 segment at the \
             last detach"
        );
    }

    #[test]
    fn an_object_that_was_already_gone_did_match() {
        assert_eq!(
            summary([Outcome::Gone]).line(false, None, ""),
            "nothing removed; 1 already gone"
        );
    }
}
