//! What to do about a limit that is nearly full: who fills it, and how to raise it.

use super::size::human;
use crate::escape::escaped;
use crate::model::{
    IPCMNI, Kind, KindLimits, Kinds, Limit, LimitRow, Limits, Raise, Shown, State, Sums, Unit,
    limit_rows,
};
use crate::names::Names;
use crate::query::GroupKey;

/// What is known about the limits of a namespace.
#[derive(Clone, Copy, Debug)]
pub struct Advice<'a> {
    /// The limits.
    pub limits: &'a Limits,
    /// The sums of each owner.
    pub owners: &'a [(GroupKey, Sums)],
    /// In bytes.
    pub page_size: u64,
    /// Whether the namespace is that of the program, so that its commands apply.
    pub is_own: bool,
}

/// Whether a limit needs advice.
#[must_use]
pub fn is_needed(row: &LimitRow) -> bool {
    row.state().is_some_and(|state| state >= State::High)
}

impl Advice<'_> {
    /// A line about a limit that is nearly full: `semmni is full: www-data owns 120 of 128 sets (ipcs
    /// -s --owner www-data); raise with: sysctl -w kernel.sem="250 32000 500 256"`.
    #[must_use]
    pub fn line(&self, row: &LimitRow, names: &mut Names) -> String {
        let name = row.resource.name;
        let state = match row.fullness() {
            Some(share) if share.hundredths() < 10_000 => {
                format!("{name} is {}% full", share.hundredths() / 100)
            }
            _ => format!("{name} is full"),
        };
        let who = self.who(row, names).map(|who| format!(": {who}")).unwrap_or_default();
        let raise = self.raise(row).filter(|_| self.is_own);
        let raise = raise.map(|how| format!("; {how}")).unwrap_or_default();
        format!("{state}{who}{raise}")
    }

    /// Who uses most of it, and the command that shows it.
    fn who(&self, row: &LimitRow, names: &mut Names) -> Option<String> {
        let kind = row.resource.kind;
        let used_by = |sums: &Sums| {
            let usage = sums.usage(Kinds::of(kind));
            let rows =
                limit_rows(Kinds::of(kind), self.limits, &usage, Shown::Limits, self.page_size);
            rows.iter().find(|own| own.resource.name == row.resource.name)?.used
        };
        let largest = self
            .owners
            .iter()
            .filter_map(|(key, sums)| match key {
                GroupKey::User(uid) => Some((used_by(sums)?, *uid)),
                _ => None,
            })
            .max_by_key(|(used, uid)| (*used, std::cmp::Reverse(*uid)));
        let (used, uid) = largest.filter(|(used, _)| *used > 0)?;
        let owner = names.user(uid).map_or_else(|| uid.to_string(), escaped);
        let amount = match (row.resource.unit, row.limit?) {
            (Unit::Count, Limit::Of(limit)) => {
                format!("{used} of {limit} {}", row.resource.noun).trim_end().to_owned()
            }
            (_, Limit::Of(limit)) => format!("{} of {}", human(used), human(limit)),
            (_, Limit::Below(_)) => used.to_string(),
        };
        let system = if kind.is_posix() { " --posix" } else { "" };
        let command = format!("ipcs -{}{system} --owner {owner}", kind.letter());
        let command = if self.is_own { format!(" ({command})") } else { String::new() };
        Some(format!("{owner} owns {amount}{command}"))
    }

    /// How to raise a limit, which doubles it.
    fn raise(&self, row: &LimitRow) -> Option<String> {
        let Limit::Of(limit) = row.limit? else { return None };
        let double = limit.saturating_mul(2).max(1);
        let no_more = || Some(format!("the kernel allows no more than {IPCMNI}"));
        let set = |value: u64| Some(format!("sysctl -w {}={value}", row.resource.sysctl?));
        let how = match row.resource.raise {
            Raise::Never => None,
            Raise::Objects | Raise::Semmni if limit >= IPCMNI => return no_more(),
            Raise::Objects => set(double.min(IPCMNI)),
            Raise::Number => set(double),
            Raise::Pages => set(double / self.page_size.max(1)),
            Raise::Semmni => self.set_sem(None, Some(double.min(IPCMNI))),
            Raise::Semmns => self.set_sem(Some(double), None),
            Raise::Remount(option) => {
                let value = match row.resource.unit {
                    Unit::Count => double.to_string(),
                    Unit::Bytes | Unit::Pages => format!("{}k", double / 1024),
                };
                Some(format!("mount -o remount,{option}={value} /dev/shm"))
            }
        };
        how.map(|how| format!("raise with: {how}"))
    }

    /// The sysctl with four numbers, two of which may be new.
    fn set_sem(&self, semmns: Option<u64>, semmni: Option<u64>) -> Option<String> {
        let KindLimits::Sem(limits) = self.limits.get(&Kind::Sem)? else { return None };
        let semmns = semmns.map_or(limits.semmns.to_string(), |number| number.to_string());
        let semmni = semmni.map_or(limits.semmni.to_string(), |number| number.to_string());
        let (semmsl, semopm) = (limits.semmsl, limits.semopm);
        Some(format!("sysctl -w kernel.sem=\"{semmsl} {semmns} {semopm} {semmni}\""))
    }
}
