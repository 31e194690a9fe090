//! What a clean-up comes to, in one line.

use super::words::count;
use crate::model::Kind;
use crate::removal::{Because, ORDER, Target};

/// Numbers of objects by what became of them.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    removed: Vec<(Kind, u64)>,
    marked: u64,
    gone: u64,
    in_use: u64,
    perhaps: u64,
    changed: u64,
    declined: u64,
    failed: u64,
    left: u64,
}

impl Tally {
    pub fn removed(&mut self, target: &Target) {
        let kind = target.kind();
        match self.removed.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, number)) => *number += 1,
            None => self.removed.push((kind, 1)),
        }
        self.marked += u64::from(target.nattch() > 0);
    }

    pub fn gone(&mut self) {
        self.gone += 1;
    }

    pub fn kept(&mut self, because: &Because) {
        *match because {
            Because::InUse(verdict) if verdict.answer.is_none() => &mut self.perhaps,
            because if because.is_use() => &mut self.in_use,
            Because::Declined => &mut self.declined,
            _ => &mut self.changed,
        } += 1;
    }

    pub fn failed(&mut self) {
        self.failed += 1;
    }

    pub fn left(&mut self, number: usize) {
        self.left = number as u64;
    }

    /// Whether the filter chose nothing, or nothing that was still there.
    pub fn is_empty(&self) -> bool {
        let kept = self.in_use + self.perhaps + self.changed + self.declined;
        self.removed.is_empty() && kept + self.gone + self.failed + self.left == 0
    }

    /// The line; `owner` is the only one that the filter lets pass.
    pub fn summary(&self, dry_run: bool, owner: Option<&str>) -> String {
        if self.is_empty() {
            return "nothing matched".to_owned();
        }
        let (removed, kept, failed) = match dry_run {
            true => ("would remove", "would keep", "would fail"),
            false => ("removed", "kept", "failed"),
        };
        let mut parts = vec![format!("{removed} {}", self.objects(owner))];
        let kinds_of_kept = [
            (self.in_use, "in use"),
            (self.perhaps, "perhaps in use"),
            (self.changed, "changed meanwhile"),
            (self.declined, "not wanted"),
        ];
        let kept_parts = list(kinds_of_kept.into_iter());
        if !kept_parts.is_empty() {
            parts.push(format!("{kept} {kept_parts}"));
        }
        let rest = [(self.gone, "gone already"), (self.failed, failed), (self.left, "not come to")];
        parts.extend(
            rest.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")),
        );
        parts.join("; ")
    }

    fn objects(&self, owner: Option<&str>) -> String {
        let kinds = ORDER.iter().filter_map(|kind| self.removed.iter().find(|(k, _)| k == kind));
        let counts: Vec<String> = kinds.map(|(kind, number)| count(*number, kind.noun())).collect();
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
        if self.marked > 0 {
            text.push_str(&format!(", {} when no longer attached", self.marked));
        }
        text
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
    use crate::processes::{Reason, Verdict};

    fn in_use(answer: Option<bool>) -> Because {
        Because::InUse(Verdict { answer, reason: Reason::Blocked(1) })
    }

    #[test]
    fn every_end_has_its_word() {
        let mut tally = Tally::default();
        assert!(tally.is_empty());
        assert_eq!(tally.summary(false, None), "nothing matched");
        for because in [
            in_use(Some(true)),
            Because::Marked { nattch: 1 },
            in_use(None),
            Because::OutOfSight,
            Because::Declined,
        ] {
            tally.kept(&because);
        }
        tally.gone();
        tally.failed();
        tally.left(7);
        assert_eq!(
            tally.summary(false, Some("root")),
            "removed nothing; kept 2 in use, 1 perhaps in use, 1 changed meanwhile, 1 not wanted; \
             1 gone already; 1 failed; 7 not come to"
        );
        assert!(tally.summary(true, None).starts_with("would remove nothing; would keep 2 in use"));
        assert!(tally.summary(true, None).ends_with("; 1 would fail; 7 not come to"));
    }

    #[test]
    fn one_that_was_gone_already_was_matched() {
        let mut tally = Tally::default();
        tally.gone();
        assert!(!tally.is_empty());
        assert_eq!(tally.summary(false, None), "removed nothing; 1 gone already");
    }
}
