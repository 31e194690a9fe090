//! Limits and sums as resources: one literal for each, which text, JSON, checks and metrics read.

use super::{Kind, KindLimits, KindUsage, Kinds, Limits, Share, Usage};

/// A limit of the system, or a sum that has none.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// The kind of the objects that it is about.
    pub kind: Kind,
    /// The name of the field in JSON.
    pub name: &'static str,
    /// What it is.
    pub help: &'static str,
    /// What is counted, where that is a number of things: `sets`.
    pub noun: &'static str,
    /// The sysctl that sets it.
    pub sysctl: Option<&'static str>,
    /// What is counted.
    pub unit: Unit,
    /// Whether it is a limit, and not just a sum.
    pub is_limit: bool,
    limit: fn(&KindLimits) -> Option<i128>,
    used: fn(&KindUsage) -> Option<u64>,
}

/// How much is allowed. A limit below 0 allows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// This much, in the unit of the resource; pages are bytes.
    Of(u64),
    /// Nothing: the number is below 0.
    Below(i64),
}

/// What a resource counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Pages in the kernel's figures, and bytes here.
    Pages,
}

/// How urgent the use of a limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Less than [`State::HIGH`] is used.
    Ok,
    /// At least that.
    High,
    /// At least [`State::CRITICAL`].
    Critical,
}

impl State {
    /// From this percentage on, the use of a limit is high.
    pub const HIGH: u64 = 80;
    /// From this percentage on, it is critical.
    pub const CRITICAL: u64 = 95;

    /// The state of a limit of which this share is used.
    #[must_use]
    pub fn of(share: Share) -> State {
        let percent = share.permille() / 10;
        match percent {
            State::CRITICAL.. => State::Critical,
            State::HIGH.. => State::High,
            _ => State::Ok,
        }
    }

    /// The word of text and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::High => "high",
            State::Critical => "critical",
        }
    }
}

/// What the kernel's figures count.
macro_rules! noun {
    (used_ids) => {
        "segments"
    };
    (semusz) => {
        "sets"
    };
    (semaem) => {
        "semaphores"
    };
    (shm_tot) => {
        ""
    };
    ($queues:ident) => {
        "queues"
    };
    () => {
        ""
    };
}

/// A limit: its kind, name, meaning, unit, and where they are set and counted.
macro_rules! limit {
    ($kind:ident, $name:ident, $help:literal, $unit:ident, $sysctl:expr $(, $used:ident)?) => {
        Resource {
            kind: Kind::$kind,
            name: stringify!($name),
            help: $help,
            noun: noun!($($used)?),
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
            noun: "",
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
    Resource { kind, name, help, noun: "", sysctl: None, unit, is_limit: true, limit, used }
}

/// Every limit and sum, in the order in which they are shown.
pub static RESOURCES: &[Resource] = &[
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
    Resource {
        noun: "files",
        ..posix(
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
        )
    },
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

/// A resource with its limit and use. Sizes in pages are in bytes.
#[derive(Clone, Copy, Debug)]
pub struct LimitRow {
    /// What it is about.
    pub resource: &'static Resource,
    /// The limit; `None`: it is unknown, or there is none.
    pub limit: Option<Limit>,
    /// What is used; `None`: it is unknown, or not counted.
    pub used: Option<u64>,
}

/// The rows of `-l` or `-u`; `page_size` is in bytes.
#[must_use]
pub fn limit_rows(
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

impl LimitRow {
    /// The name of the limit.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.resource.name
    }

    /// Whether it is more than a sum.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.resource.is_limit
    }

    /// The used part of the limit.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        match self.limit? {
            Limit::Of(limit) => Share::of(self.used?, limit),
            Limit::Below(_) => None,
        }
    }

    /// The state of the limit, if it is known how much of it is used.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.fullness().map(State::of)
    }

    /// Like [`Self::share`], but full if something is used although nothing is allowed, which has
    /// no percentage.
    #[must_use]
    pub fn fullness(&self) -> Option<Share> {
        let beyond = matches!((self.limit, self.used), (Some(Limit::Of(0)), Some(1..)));
        self.share().or(beyond.then_some(Share::FULL))
    }
}

/// The product, or the greatest multiple of `factor` that 64 bits hold.
#[must_use]
pub fn multiply_clamped(number: u64, factor: u64) -> u64 {
    let rest = u64::MAX.checked_rem(factor).unwrap_or(0);
    number.checked_mul(factor).unwrap_or(u64::MAX.saturating_sub(rest))
}
