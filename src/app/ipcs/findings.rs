//! What follows from what a check has read in one namespace: the state, the text, and the numbers.

use super::reading::{Reading, counted, fills, largest};
use crate::escape::escaped;
use crate::model::{Kind, Kinds, Limit, LimitRow, Share, Sums, Unit};
use crate::names::Names;
use crate::render::plugin::{Perf, Status};
use crate::render::size::human;

/// The result for one namespace.
#[derive(Debug)]
pub struct Findings {
    /// The state.
    pub status: Status,
    /// The largest used part of a limit, or the number of objects: how bad it is within a state.
    pub amount: Share,
    /// The text after the state.
    pub text: String,
    /// Everything that was counted.
    pub perf: Vec<Perf>,
}

/// One limit.
struct Finding {
    status: Status,
    amount: Share,
    text: String,
}

/// From when on it is a warning, and from when on critical.
type Pair<T> = (T, T);

/// Compares what is used with the limits.
pub fn of_limits(
    reading: &Reading,
    kinds: Kinds,
    thresholds: Pair<Share>,
    names: &mut Names,
) -> Findings {
    let rows = counted(kinds, &reading.limits, &reading.usage);
    let perf = rows.iter().map(|row| perf_of(row, thresholds)).collect();
    let mut found: Vec<Finding> =
        rows.iter().map(|row| of_limit(row, reading, thresholds, names)).collect();
    // The worst first; of equal ones the order stays.
    found.sort_by_key(|one| std::cmp::Reverse((one.status, one.amount)));
    let (status, amount) =
        found.first().map_or((Status::Ok, Share::NOTHING), |worst| (worst.status, worst.amount));
    let shown = found.iter().filter(|one| one.status > Status::Ok).count().max(1);
    let texts: Vec<String> = found.into_iter().take(shown).map(|one| one.text).collect();
    Findings { status, amount, text: texts.join(", "), perf }
}

fn of_limit(
    row: &LimitRow,
    reading: &Reading,
    thresholds: Pair<Share>,
    names: &mut Names,
) -> Finding {
    let amount = fullness(row);
    let status = amount.map_or(Status::Ok, |amount| status(amount, thresholds));
    let filled = fills(row, reading).filter(|_| status > Status::Ok);
    let owner = filled.map(|(uid, used)| owns(uid, &number(row, used), names));
    let owner = owner.map(|owner| format!(", {owner}")).unwrap_or_default();
    let used = number(row, row.used.unwrap_or(0));
    let nouns = match row.resource.help.strip_prefix("number of ") {
        Some(nouns) => format!(" {nouns}"),
        None => String::new(),
    };
    let name = row.name();
    let text = match (row.limit, row.share()) {
        (None, _) => format!("{name} without a limit ({used}{nouns}{owner})"),
        (Some(_), None) => format!("{name} above its limit ({used} of 0{nouns}{owner})"),
        (Some(limit), Some(share)) => {
            let (percent, limit) = (share.hundredths() / 100, number(row, allowed(limit)));
            format!("{name} {percent}% ({used} of {limit}{nouns}{owner})")
        }
    };
    Finding { status, amount: amount.unwrap_or(Share::NOTHING), text }
}

/// The used part. What is used although nothing is allowed is everything.
fn fullness(row: &LimitRow) -> Option<Share> {
    match row.limit {
        Some(Limit::Below(_)) => row.used.filter(|used| *used > 0).map(|_| Share::FULL),
        _ => row.fullness(),
    }
}

fn allowed(limit: Limit) -> u64 {
    match limit {
        Limit::Of(limit) => limit,
        Limit::Below(_) => 0,
    }
}

fn is_size(row: &LimitRow) -> bool {
    matches!(row.resource.unit, Unit::Bytes | Unit::Pages)
}

fn number(row: &LimitRow, number: u64) -> String {
    if is_size(row) { human(number).to_string() } else { number.to_string() }
}

fn perf_of(row: &LimitRow, (warn, crit): Pair<Share>) -> Perf {
    let limit = row.limit.map(allowed);
    Perf {
        label: row.name().to_owned(),
        value: row.used.unwrap_or(0),
        unit: if is_size(row) { "B" } else { "" },
        warn: limit.map(|limit| warn.part_of(limit)),
        crit: limit.map(|limit| crit.part_of(limit)),
        max: limit,
    }
}

/// Compares the number of objects that pass the filter with the thresholds.
pub fn of_objects(
    owners: &[(u32, Sums)],
    kinds: Kinds,
    thresholds: Pair<u64>,
    names: &mut Names,
) -> Findings {
    let add = |count: u64, more: u64| count.saturating_add(more);
    let total = owners.iter().map(|(_, sums)| sums.objects()).fold(0, add);
    let of_kind = |kind| owners.iter().map(|(_, sums)| sums.objects_of(kind)).fold(0, add);
    let counts: Vec<(Kind, u64)> = kinds.iter().map(|kind| (kind, of_kind(kind))).collect();
    let status = status(total, thresholds);
    let perf = |label: &str, value, (warn, crit): Pair<Option<u64>>| Perf {
        label: label.to_owned(),
        value,
        unit: "",
        warn,
        crit,
        max: None,
    };
    let all = perf("objects", total, (Some(thresholds.0), Some(thresholds.1)));
    let single = kinds.single();
    let each = counts.iter().filter(|_| single.is_none());
    let each = each.map(|(kind, count)| perf(kind.word(), *count, (None, None)));
    let mut details: Vec<String> = counts
        .iter()
        .filter(|(_, count)| single.is_none() && *count > 0)
        .map(|(kind, count)| things(*count, kind.short_noun()))
        .collect();
    let owner = largest(owners.iter().map(|(uid, sums)| (*uid, sums.objects())));
    let owner = owner.filter(|_| status > Status::Ok);
    details.extend(owner.map(|(uid, count)| owns(uid, &count.to_string(), names)));
    let verb = if total == 1 { "matches" } else { "match" };
    let mut text = format!("{} {verb}", things(total, single.map_or("object", Kind::short_noun)));
    if !details.is_empty() {
        text.push_str(&format!(" ({})", details.join(", ")));
    }
    let amount = Share::of(total, 1).unwrap_or(Share::NOTHING);
    Findings { status, amount, text, perf: [all].into_iter().chain(each).collect() }
}

fn status<T: Ord>(amount: T, (warn, crit): Pair<T>) -> Status {
    match amount {
        amount if amount >= crit => Status::Critical,
        amount if amount >= warn => Status::Warning,
        _ => Status::Ok,
    }
}

fn things(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn owns(uid: u32, what: &str, names: &mut Names) -> String {
    let name = names.user(uid).map(escaped).unwrap_or_else(|| uid.to_string());
    format!("{name} owns {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{KindLimits, KindUsage, SemLimits, SemUsage};

    #[test]
    fn below_0_nothing_is_allowed() {
        let limits = SemLimits { semmni: -1, semmsl: 1, semmns: 8, semopm: 1, semvmx: 1 };
        let check = |semusz| {
            let usage = SemUsage { semusz, semaem: 0 };
            let reading = Reading {
                limits: [(Kind::Sem, KindLimits::Sem(limits))].into(),
                usage: [(Kind::Sem, KindUsage::Sem(usage))].into(),
                ..Reading::default()
            };
            let part = |percent| Share::of(percent, 100).unwrap();
            of_limits(&reading, Kinds::SEM, (part(80), part(95)), &mut Names::numeric())
        };
        let full = check(2);
        assert_eq!(full.status, Status::Critical);
        assert_eq!(full.text, "semmni above its limit (2 of 0 sets)");
        assert_eq!(full.perf.first().unwrap().to_string(), "'semmni'=2;0;0;0;0");
        assert_eq!(check(0).status, Status::Ok);
    }
}
