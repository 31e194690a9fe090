//! `-l` and `-u` in the new formats: each limit with its use.

use super::size::multiply_clamped;
use super::{Cells, Cut, Drop, Heading, Section};
use crate::columns::{Align, Attention, Value};
use crate::model::{Kind, KindLimits, KindUsage, Kinds, Limits, Share, Usage};

/// A limit of the system, or a sum that has none.
#[derive(Clone, Copy, Debug)]
struct Resource {
    kind: Kind,
    name: &'static str,
    help: &'static str,
    /// Where it is set.
    sysctl: Option<&'static str>,
    /// What is counted.
    unit: Unit,
    /// Whether it is shown by `-l`, which leaves out sums without a limit.
    is_limit: bool,
    limit: fn(&KindLimits) -> Option<i128>,
    used: fn(&KindUsage) -> Option<u64>,
}

/// How much is allowed. A limit below 0 allows nothing.
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

/// A limit: its kind, name, meaning, unit, and where they are set and counted.
macro_rules! limit {
    ($kind:ident, $name:ident, $help:literal, $unit:ident, $sysctl:expr $(, $used:ident)?) => {
        Resource {
            kind: Kind::$kind,
            name: stringify!($name),
            help: $help,
            sysctl: $sysctl,
            unit: Unit::$unit,
            is_limit: true,
            limit: |limits| match limits {
                KindLimits::$kind(limits) => Some(limits.$name.into()),
                _ => None,
            },
            used: |_usage| match _usage {
                $(KindUsage::$kind(usage) => Some(usage.$used),)?
                _ => None,
            },
        }
    };
}

/// A sum that has no limit.
macro_rules! sum {
    ($kind:ident, $name:ident, $help:literal, $unit:ident) => {
        Resource {
            kind: Kind::$kind,
            name: stringify!($name),
            help: $help,
            sysctl: None,
            unit: Unit::$unit,
            is_limit: false,
            limit: |_| None,
            used: |usage| match usage {
                KindUsage::$kind(usage) => Some(usage.$name),
                _ => None,
            },
        }
    };
}

/// A limit or sum that may be unknown or missing.
const fn posix(
    kind: Kind,
    name: &'static str,
    help: &'static str,
    unit: Unit,
    limit: fn(&KindLimits) -> Option<i128>,
    used: fn(&KindUsage) -> Option<u64>,
) -> Resource {
    Resource { kind, name, help, sysctl: None, unit, is_limit: true, limit, used }
}

static RESOURCES: &[Resource] = &[
    limit!(Shm, shmmni, "number of segments", Count, Some("kernel.shmmni"), used_ids),
    limit!(Shm, shmall, "size of all segments", Pages, Some("kernel.shmall"), shm_tot),
    limit!(Shm, shmmax, "maximum segment size", Bytes, Some("kernel.shmmax")),
    limit!(Shm, shmmin, "minimum segment size", Bytes, None),
    sum!(Shm, shm_rss, "resident size of all segments", Pages),
    sum!(Shm, shm_swp, "swapped size of all segments", Pages),
    limit!(Msg, msgmni, "number of queues", Count, Some("kernel.msgmni"), msgpool),
    limit!(Msg, msgmax, "maximum message size", Bytes, Some("kernel.msgmax")),
    limit!(Msg, msgmnb, "capacity of a new queue", Bytes, Some("kernel.msgmnb")),
    sum!(Msg, msgmap, "number of messages", Count),
    sum!(Msg, msgtql, "size of all messages", Bytes),
    limit!(Sem, semmni, "number of sets", Count, Some("kernel.sem (4th)"), semusz),
    limit!(Sem, semmns, "number of semaphores", Count, Some("kernel.sem (2nd)"), semaem),
    limit!(Sem, semmsl, "semaphores per set", Count, Some("kernel.sem (1st)")),
    limit!(Sem, semopm, "operations per semop call", Count, Some("kernel.sem (3rd)")),
    limit!(Sem, semvmx, "maximum semaphore value", Count, None),
    posix(
        Kind::Pshm,
        "devshm_bytes",
        "size of /dev/shm",
        Unit::Bytes,
        |limits| match limits {
            KindLimits::Pshm(limits) => limits.devshm_bytes.map(i128::from),
            _ => None,
        },
        |usage| match usage {
            KindUsage::Pshm(usage) => Some(usage.devshm_bytes),
            _ => None,
        },
    ),
    posix(
        Kind::Pshm,
        "devshm_inodes",
        "number of files in /dev/shm",
        Unit::Count,
        |limits| match limits {
            KindLimits::Pshm(limits) => limits.devshm_inodes.map(i128::from),
            _ => None,
        },
        |usage| match usage {
            KindUsage::Pshm(usage) => Some(usage.devshm_inodes),
            _ => None,
        },
    ),
    sum!(Pshm, objects, "number of shared memory objects", Count),
    limit!(Pmsg, queues_max, "number of queues", Count, Some("fs.mqueue.queues_max"), queues),
    limit!(Pmsg, msg_max, "messages per queue", Count, Some("fs.mqueue.msg_max")),
    limit!(Pmsg, msgsize_max, "maximum message size", Bytes, Some("fs.mqueue.msgsize_max")),
    limit!(Pmsg, msg_default, "default messages per queue", Count, Some("fs.mqueue.msg_default")),
    limit!(Pmsg, msgsize_default, "default message size", Bytes, Some("fs.mqueue.msgsize_default")),
    Resource {
        is_limit: false,
        ..posix(
            Kind::Pmsg,
            "messages",
            "number of messages",
            Unit::Count,
            |_| None,
            |usage| match usage {
                KindUsage::Pmsg(usage) => usage.messages,
                _ => None,
            },
        )
    },
    Resource {
        is_limit: false,
        ..posix(
            Kind::Pmsg,
            "bytes",
            "size of all messages",
            Unit::Bytes,
            |_| None,
            |usage| match usage {
                KindUsage::Pmsg(usage) => usage.bytes,
                _ => None,
            },
        )
    },
    limit!(Psem, value_max, "maximum semaphore value", Count, None),
    sum!(Psem, semaphores, "number of semaphores", Count),
];

/// Whether the limits are shown, or what is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// `-l`: every limit, without sums that have none.
    Limits,
    /// `-u`: everything that is counted.
    Usage,
}

/// One row: a resource with its limit and use.
#[derive(Clone, Copy, Debug)]
pub struct LimitRow {
    resource: &'static Resource,
    limit: Option<Limit>,
    used: Option<u64>,
}

/// The rows of `-l` or `-u`. Sizes in pages become bytes.
#[must_use]
pub fn rows(
    kinds: Kinds,
    limits: &Limits,
    usage: &Usage,
    shown: Shown,
    page_size: u64,
) -> Vec<LimitRow> {
    let row = |resource: &'static Resource| {
        let in_bytes = |number: u64| match resource.unit {
            Unit::Pages => multiply_clamped(number, page_size),
            _ => number,
        };
        let limit = limits.get(&resource.kind).and_then(resource.limit);
        let limit = limit.map(|number| match number.try_into() {
            Ok(number) => Limit::Of(in_bytes(number)),
            Err(_) => Limit::Below(i64::try_from(number).unwrap_or(i64::MIN)),
        });
        let used = usage.get(&resource.kind).and_then(resource.used).map(in_bytes);
        LimitRow { resource, limit, used }
    };
    let is_shown = |row: &LimitRow| match shown {
        Shown::Limits => row.resource.is_limit,
        Shown::Usage => row.used.is_some(),
    };
    RESOURCES
        .iter()
        .filter(|resource| kinds.contains(resource.kind))
        .map(row)
        .filter(is_shown)
        .collect()
}

/// The headings; `bars` adds a column that is only for people.
#[must_use]
pub fn section(bars: bool) -> Section {
    let place = |list: &[&str], name: &str| list.iter().position(|known| *known == name);
    let drop = |name: &str| {
        let first = place(&DROPPED_FIRST, name).map(Drop::First);
        first.or_else(|| place(&DROPPED_LAST, name).map(Drop::Last)).unwrap_or_default()
    };
    let shown = if bars { HEADINGS.len() } else { HEADINGS.len() - 1 };
    let headings = HEADINGS[..shown]
        .iter()
        .map(|(name, align)| Heading { name, align: *align, drop: drop(name), cut: Cut::Never })
        .collect();
    Section { kind: None, headings }
}

impl LimitRow {
    /// The name of the limit.
    pub(super) fn name(&self) -> &'static str {
        self.resource.name
    }

    /// Whether it is more than a sum.
    pub(super) fn is_limit(&self) -> bool {
        self.resource.is_limit
    }

    /// The used part of the limit.
    pub(super) fn share(&self) -> Option<Share> {
        match self.limit? {
            Limit::Of(limit) => Share::of(self.used?, limit),
            Limit::Below(_) => None,
        }
    }

    /// Like [`Self::share`], but full if something is used although nothing is allowed, which has
    /// no percentage.
    pub(super) fn fullness(&self) -> Option<Share> {
        let beyond = matches!((self.limit, self.used), (Some(Limit::Of(0)), Some(1..)));
        self.share().or(beyond.then_some(Share::FULL))
    }
}

/// The word that repeats the meaning of the colour.
fn state(attention: Attention) -> &'static str {
    match attention {
        Attention::None | Attention::Notice => "ok",
        Attention::Warning => "high",
        Attention::Alarm => "critical",
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

/// Columns that matter least: the state repeats the bar.
const DROPPED_FIRST: [&str; 3] = ["bar", "description", "sysctl"];
/// The name of a resource implies its kind, and its percentage follows from the others.
const DROPPED_LAST: [&str; 2] = ["kind", "percent"];

impl Cells for LimitRow {
    fn value(&self, column: usize) -> Value<'_> {
        let resource = self.resource;
        let number = |number: Option<u64>| match resource.unit {
            Unit::Count => Value::uint(number),
            Unit::Bytes | Unit::Pages => Value::bytes(number),
        };
        match column {
            0 => Value::Kind(resource.kind),
            1 => Value::Text(resource.name.as_bytes()),
            2 => Value::Text(resource.help.as_bytes()),
            3 => match self.limit {
                Some(Limit::Below(limit)) => Value::Int(limit),
                Some(Limit::Of(limit)) => number(Some(limit)),
                None => Value::Null,
            },
            4 => number(self.used),
            5 => self.share().map_or(Value::Null, Value::Percent),
            6 => self
                .fullness()
                .map_or(Value::Null, |share| Value::Word(state(Attention::of_share(share)))),
            7 => resource.sysctl.map_or(Value::Null, |name| Value::Text(name.as_bytes())),
            _ => self.fullness().map_or(Value::Null, Value::Bar),
        }
    }

    fn attention(&self, column: usize) -> Attention {
        match column {
            5 => self.share().map_or(Attention::None, Attention::of_share),
            6 | 8 => self.fullness().map_or(Attention::None, Attention::of_share),
            _ => Attention::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ShmLimits, ShmUsage};

    /// The row of shmmni.
    fn segments(limit: u64, used: u64) -> LimitRow {
        let limits = ShmLimits { shmmni: limit, shmmax: 1, shmall: 1, shmmin: 1 };
        let usage = ShmUsage {
            used_ids: used,
            shm_tot: 0,
            shm_rss: 0,
            shm_swp: 0,
            swap_attempts: 0,
            swap_successes: 0,
        };
        let limits = Limits::from([(Kind::Shm, KindLimits::Shm(limits))]);
        let usage = Usage::from([(Kind::Shm, KindUsage::Shm(usage))]);
        rows(Kinds::SHM, &limits, &usage, Shown::Limits, 4096)[0]
    }

    #[test]
    fn use_of_a_limit_of_zero_is_critical_and_has_no_percentage() {
        let row = segments(0, 3);
        assert_eq!(row.value(5), Value::Null);
        assert_eq!(row.value(6), Value::Word("critical"));
        assert_eq!(row.value(8), Value::Bar(Share::FULL));
        assert_eq!(row.attention(6), Attention::Alarm);
        assert_eq!(row.attention(5), Attention::None);
        let row = segments(0, 0);
        assert_eq!([5, 6, 8].map(|column| row.value(column)), [Value::Null; 3]);
        assert_eq!(Share::of(3, 4).map(Value::Bar), Some(segments(4, 3).value(8)));
    }
}
