//! `-l` and `-u` in the new formats: each limit with its use.

use super::{Attention, Grid, Heading};
use crate::columns::{Align, Value, permille};
use crate::model::{Kind, Kinds, Limits, Usage};

/// A limit of the system, or a sum that has none.
#[derive(Clone, Copy, Debug)]
struct Resource {
    kind: Kind,
    name: &'static str,
    help: &'static str,
    /// What sets it.
    sysctl: Option<&'static str>,
    /// What is counted.
    unit: Unit,
    /// Whether it is shown by `-l`, which leaves out sums without a limit.
    is_limit: bool,
    limit: fn(&Limits) -> Option<i128>,
    used: fn(&Usage) -> Option<u64>,
}

/// What may be used: of something, nothing is a share of a limit below 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    Of(u64),
    Below(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Count,
    Bytes,
    Pages,
}

const NO_LIMIT: fn(&Limits) -> Option<i128> = |_| None;
const NO_USE: fn(&Usage) -> Option<u64> = |_| None;

macro_rules! limit {
    ($kind:ident, $name:literal, $help:literal, $sysctl:expr, $unit:ident, $field:ident.$limit:ident, $used:expr) => {
        Resource {
            kind: Kind::$kind,
            name: $name,
            help: $help,
            sysctl: $sysctl,
            unit: Unit::$unit,
            is_limit: true,
            limit: |limits| limits.$field.map(|limits| limits.$limit.into()),
            used: $used,
        }
    };
}

macro_rules! sum {
    ($kind:ident, $name:literal, $help:literal, $unit:ident, $field:ident.$used:ident) => {
        Resource {
            kind: Kind::$kind,
            name: $name,
            help: $help,
            sysctl: None,
            unit: Unit::$unit,
            is_limit: false,
            limit: NO_LIMIT,
            used: |usage| usage.$field.map(|usage| usage.$used),
        }
    };
}

static RESOURCES: &[Resource] = &[
    limit!(Shm, "shmmni", "segments", Some("kernel.shmmni"), Count, shm.shmmni, |u| u
        .shm
        .map(|u| u.used_ids)),
    limit!(Shm, "shmall", "all segments", Some("kernel.shmall"), Pages, shm.shmall, |u| u
        .shm
        .map(|u| u.shm_tot)),
    limit!(Shm, "shmmax", "one segment", Some("kernel.shmmax"), Bytes, shm.shmmax, NO_USE),
    limit!(Shm, "shmmin", "smallest segment", None, Bytes, shm.shmmin, NO_USE),
    sum!(Shm, "shm_rss", "all segments, in RAM", Pages, shm.shm_rss),
    sum!(Shm, "shm_swp", "all segments, in swap", Pages, shm.shm_swp),
    limit!(Msg, "msgmni", "queues", Some("kernel.msgmni"), Count, msg.msgmni, |u| u
        .msg
        .map(|u| u.msgpool)),
    limit!(Msg, "msgmax", "one message", Some("kernel.msgmax"), Bytes, msg.msgmax, NO_USE),
    limit!(Msg, "msgmnb", "bytes in a new queue", Some("kernel.msgmnb"), Bytes, msg.msgmnb, NO_USE),
    sum!(Msg, "msgmap", "messages", Count, msg.msgmap),
    sum!(Msg, "msgtql", "bytes of all messages", Bytes, msg.msgtql),
    limit!(Sem, "semmni", "semaphore sets", Some("kernel.sem (4th)"), Count, sem.semmni, |u| u
        .sem
        .map(|u| u.semusz)),
    limit!(Sem, "semmns", "semaphores", Some("kernel.sem (2nd)"), Count, sem.semmns, |u| u
        .sem
        .map(|u| u.semaem)),
    limit!(
        Sem,
        "semmsl",
        "semaphores of one set",
        Some("kernel.sem (1st)"),
        Count,
        sem.semmsl,
        NO_USE
    ),
    limit!(
        Sem,
        "semopm",
        "operations of one semop",
        Some("kernel.sem (3rd)"),
        Count,
        sem.semopm,
        NO_USE
    ),
    limit!(Sem, "semvmx", "value of one semaphore", None, Count, sem.semvmx, NO_USE),
];

/// The limits and sums of some kinds as rows.
#[derive(Clone, Debug)]
pub struct LimitTable {
    rows: Vec<(&'static Resource, Option<Limit>, Option<u64>)>,
    bars: bool,
}

impl LimitTable {
    /// The rows for `-l` (`limits_only`) or `-u`. Sizes in pages become bytes; `bars` adds a
    /// column that only a person needs.
    #[must_use]
    pub fn new(
        kinds: Kinds,
        limits: &Limits,
        usage: &Usage,
        limits_only: bool,
        page_size: u64,
        bars: bool,
    ) -> LimitTable {
        let in_bytes = |resource: &Resource, number: u64| match resource.unit {
            Unit::Pages => number.saturating_mul(page_size),
            _ => number,
        };
        let rows =
            RESOURCES
                .iter()
                .filter(|resource| kinds.contains(resource.kind))
                .filter(|resource| {
                    if limits_only { resource.is_limit } else { (resource.used)(usage).is_some() }
                })
                .map(|resource| {
                    let limit = (resource.limit)(limits).map(|number| match number.try_into() {
                        Ok(number) => Limit::Of(in_bytes(resource, number)),
                        Err(_) => Limit::Below(i64::try_from(number).unwrap_or(i64::MIN)),
                    });
                    let used = (resource.used)(usage).map(|number| in_bytes(resource, number));
                    (resource, limit, used)
                })
                .collect();
        LimitTable { rows, bars }
    }

    fn share(&self, row: usize) -> Option<u64> {
        let (_, limit, used) = self.rows[row];
        match limit? {
            Limit::Of(limit) => permille(used?, limit),
            Limit::Below(_) => None,
        }
    }

    /// As [`Self::share`], and whole where something is used though nothing is allowed, which is
    /// no percentage.
    fn fullness(&self, row: usize) -> Option<u64> {
        let beyond = matches!(self.rows[row], (_, Some(Limit::Of(0)), Some(1..)));
        self.share(row).or(beyond.then_some(1000))
    }
}

/// The word beside the colour.
fn state(attention: Attention) -> &'static [&'static str] {
    match attention {
        Attention::None | Attention::Notice => &["ok"],
        Attention::Warning => &["high"],
        Attention::Alarm => &["critical"],
    }
}

const HEADINGS: [(&str, Align); 9] = [
    ("kind", Align::Left),
    ("resource", Align::Left),
    ("description", Align::Left),
    ("limit", Align::Right),
    ("used", Align::Right),
    ("percent", Align::Right),
    ("state", Align::Left),
    ("sysctl", Align::Left),
    ("bar", Align::Left),
];

/// The resource's name tells the kind, and its use and sysctl matter more than the description.
const SPARE: [&str; 2] = ["kind", "description"];
/// The state says in short what these say.
const DISPENSABLE: [&str; 3] = ["percent", "sysctl", "bar"];

impl Grid for LimitTable {
    fn kind(&self) -> Option<Kind> {
        None
    }

    fn headings(&self) -> Vec<Heading> {
        let shown = if self.bars { HEADINGS.len() } else { HEADINGS.len() - 1 };
        HEADINGS[..shown]
            .iter()
            .map(|(name, align)| Heading { name, align: *align, spare: SPARE.contains(name) })
            .collect()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn value(&self, row: usize, column: usize) -> Value<'_> {
        let (resource, limit, used) = self.rows[row];
        let number = |number: Option<u64>| match resource.unit {
            Unit::Count => Value::uint(number),
            Unit::Bytes | Unit::Pages => Value::bytes(number),
        };
        match column {
            0 => Value::Kind(resource.kind),
            1 => Value::Text(resource.name.as_bytes()),
            2 => Value::Text(resource.help.as_bytes()),
            3 => match limit {
                Some(Limit::Below(limit)) => Value::Int(limit),
                Some(Limit::Of(limit)) => number(Some(limit)),
                None => Value::Null,
            },
            4 => number(used),
            5 => self.share(row).map_or(Value::Null, Value::Permille),
            6 => self
                .fullness(row)
                .map_or(Value::Null, |share| Value::Words(state(Attention::of_share(share)))),
            7 => resource.sysctl.map_or(Value::Null, |name| Value::Text(name.as_bytes())),
            _ => self.fullness(row).map_or(Value::Null, Value::Bar),
        }
    }

    fn is_cuttable(&self, _column: usize) -> bool {
        false
    }

    fn is_dispensable(&self, column: usize) -> bool {
        DISPENSABLE.contains(&HEADINGS[column].0)
    }

    fn attention(&self, row: usize, column: usize) -> Attention {
        match column {
            5 => self.share(row).map_or(Attention::None, Attention::of_share),
            6 | 8 => self.fullness(row).map_or(Attention::None, Attention::of_share),
            _ => Attention::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ShmLimits, ShmUsage};

    /// The row of shmmni.
    fn segments(limit: u64, used: u64) -> LimitTable {
        let shm = ShmLimits { shmmni: limit, shmmax: 1, shmall: 1, shmmin: 1 };
        let limits = Limits { shm: Some(shm), ..Limits::default() };
        let shm = ShmUsage {
            used_ids: used,
            shm_tot: 0,
            shm_rss: 0,
            shm_swp: 0,
            swap_attempts: 0,
            swap_successes: 0,
        };
        let usage = Usage { shm: Some(shm), ..Usage::default() };
        LimitTable::new(Kinds::SHM, &limits, &usage, true, 4096, true)
    }

    #[test]
    fn what_is_used_of_nothing_is_critical_and_no_percentage() {
        let table = segments(0, 3);
        assert_eq!(table.value(0, 5), Value::Null);
        assert_eq!(table.value(0, 6), Value::Words(&["critical"]));
        assert_eq!(table.value(0, 8), Value::Bar(1000));
        assert_eq!(table.attention(0, 6), Attention::Alarm);
        assert_eq!(table.attention(0, 5), Attention::None);
        let table = segments(0, 0);
        assert_eq!([5, 6, 8].map(|column| table.value(0, column)), [Value::Null; 3]);
        assert_eq!(segments(4, 3).value(0, 8), Value::Bar(750));
    }
}
