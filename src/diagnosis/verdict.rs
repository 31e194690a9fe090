//! Whether a cause applies now.

use serde::Serialize;

use super::causes::{Cause, Exempt, Gauge, Request};
use super::figures::Figure;
use super::readings::Readings;
use crate::model::{RESOURCES, Unit};
use crate::proc::limits::ProcessLimit;

/// No request is larger than a limit from here on.
const NO_LIMIT: u64 = 1 << 62;

/// Whether a cause applies, the likeliest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is left of the limit.
    Full,
    /// It depends on what is not known here.
    CannotTell,
    /// There is room for every request.
    NotThis,
}

impl State {
    /// The words of text.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            State::Full => "full",
            State::CannotTell => "cannot tell",
            State::NotThis => "not this",
        }
    }
}

/// The state of a limit, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it applies.
    pub state: State,
    /// Why, in a few words.
    pub reason: String,
    /// The limit, if it is a number.
    pub limit: Option<u64>,
    /// How much of it is used.
    pub used: Option<u64>,
    /// Whether only an unusual call or program has it.
    pub is_unlikely: bool,
}

impl Verdict {
    fn new(state: State, reason: impl Into<String>) -> Verdict {
        Verdict { state, reason: reason.into(), limit: None, used: None, is_unlikely: false }
    }

    fn unlikely(self) -> Verdict {
        Verdict { is_unlikely: true, ..self }
    }

    fn of(self, limit: u64) -> Verdict {
        Verdict { limit: Some(limit), ..self }
    }

    fn using(self, used: u64) -> Verdict {
        Verdict { used: Some(used), ..self }
    }
}

fn full(reason: impl Into<String>) -> Verdict {
    Verdict::new(State::Full, reason)
}

fn cannot_tell(reason: impl Into<String>) -> Verdict {
    Verdict::new(State::CannotTell, reason)
}

fn not_this(reason: impl Into<String>) -> Verdict {
    Verdict::new(State::NotThis, reason)
}

fn unread() -> Verdict {
    cannot_tell("it could not be read")
}

/// Judges a cause.
#[must_use]
pub fn judge(cause: &Cause, readings: &Readings) -> Verdict {
    let figure = readings.ipc.get(cause.limit);
    match cause.gauge {
        Gauge::Total(request) => figure.map_or_else(unread, |it| total(it, request, readings)),
        Gauge::Single => figure
            .and_then(|it| it.limit)
            .map_or_else(unread, |limit| single(limit, unit(cause.limit))),
        Gauge::Call(why) => cannot_tell(why).unlikely(),
        Gauge::QueueBytes => queue_bytes(readings),
        Gauge::QueueMessages => match &readings.ipc.queues {
            queues if queues.full_of_messages > 0 => full_queues(readings, queues.full_of_messages),
            queues if queues.is_unsure => cannot_tell("the capacity of a queue is unknown"),
            _ => not_this("no queue has as many messages as its capacity has bytes"),
        },
        Gauge::Overcommit => overcommit(readings),
        Gauge::HugePages => huge_pages(readings),
        Gauge::HugeGroup => huge_group(readings),
        Gauge::Mappings => readings.system.max_map_count.map_or_else(unread, |limit| {
            let pid = readings.system.pid.map_or_else(|| "PID".to_owned(), |pid| pid.to_string());
            let count = format!("count those of the program: wc -l /proc/{pid}/maps");
            cannot_tell(format!("fails above {limit}; {count}")).of(limit)
        }),
        Gauge::Process(name, exempt) => process(name, exempt, readings),
        Gauge::ProtectedFiles => match readings.system.protected_regular {
            None => unread(),
            Some(0) => not_this("fs.protected_regular is 0").of(0),
            Some(set) => cannot_tell(format!(
                "fs.protected_regular is {set}: fails for a file of another user"
            )),
        },
        Gauge::Memory => memory(readings),
    }
}

/// ` bytes` after the number of a resource that counts bytes.
fn unit(name: &str) -> &'static str {
    let resource = RESOURCES.iter().find(|resource| resource.name == name);
    match resource.map(|resource| resource.unit) {
        Some(Unit::Bytes | Unit::Pages) => " bytes",
        _ => "",
    }
}

fn total(figure: &Figure, request: Request, readings: &Readings) -> Verdict {
    let (limit, used) = match (figure.limit, figure.used) {
        (Some(limit), Some(used)) => (limit, used),
        // Only a file system without a limit has none.
        (None, Some(used)) => return not_this("there is no limit").using(used),
        (Some(limit), None) => {
            return cannot_tell(format!("how much of {limit} is used could not be read")).of(limit);
        }
        (None, None) => return unread(),
    };
    let unit = unit(&figure.name);
    let left = limit.saturating_sub(used);
    let reason = format!("{used} of {limit}{unit} in use");
    let most = match request {
        Request::One => Some(1),
        Request::UpTo(other) => readings.ipc.get(other).and_then(|other| other.limit),
        Request::Any => None,
    };
    let verdict = match most {
        _ if left == 0 => full(reason),
        Some(most) if left >= most => not_this(reason),
        _ => cannot_tell(format!("{reason}: fails above {left}{unit} more")),
    };
    verdict.of(limit).using(used)
}

fn single(limit: u64, unit: &str) -> Verdict {
    match limit {
        0 => full("it is 0 or less: nothing is allowed").of(0),
        NO_LIMIT.. => not_this(format!("no request is above {limit}{unit}")).of(limit),
        _ => cannot_tell(format!("fails above {limit}{unit}")).of(limit),
    }
}

fn full_queues(readings: &Readings, count: u64) -> Verdict {
    let example = readings.ipc.queues.first_full.map(|id| format!(", the first is {id}"));
    let verb = if count == 1 { "queue is" } else { "queues are" };
    full(format!("{count} {verb} full{}", example.unwrap_or_default()))
}

fn queue_bytes(readings: &Readings) -> Verdict {
    let queues = &readings.ipc.queues;
    let largest = readings.ipc.get("msgmax").and_then(|figure| figure.limit);
    match (queues.least_left, largest) {
        _ if queues.full_of_bytes > 0 => full_queues(readings, queues.full_of_bytes),
        _ if queues.is_unsure => cannot_tell("the capacity of a queue is unknown"),
        (None, _) => not_this("no queue is full of bytes"),
        (Some(left), Some(largest)) if left >= largest => {
            not_this("every queue has room for the largest message")
        }
        (Some(left), _) => {
            cannot_tell(format!("fails above {left} bytes in the queue with the least room"))
        }
    }
}

fn overcommit(readings: &Readings) -> Verdict {
    let memory = &readings.system.memory;
    match readings.system.overcommit {
        Some(1) => not_this("vm.overcommit_memory is 1: nothing is refused"),
        Some(2) => match (memory.commit_limit, memory.committed) {
            (Some(limit), Some(used)) => {
                let reason = format!("{used} of {limit} bytes promised");
                let left = limit.saturating_sub(used);
                let verdict = match left {
                    0 => full(reason),
                    _ => cannot_tell(format!("{reason}: fails above {left} bytes more")),
                };
                verdict.of(limit).using(used)
            }
            _ => unread(),
        },
        Some(0) => match (memory.total, memory.swap) {
            (Some(total), Some(swap)) => {
                let limit = total.saturating_add(swap);
                cannot_tell(format!("fails above {limit} bytes, which is all memory and swap"))
                    .of(limit)
            }
            _ => unread(),
        },
        _ => unread(),
    }
}

fn huge_pages(readings: &Readings) -> Verdict {
    let memory = &readings.system.memory;
    let (Some(total), Some(free)) = (memory.huge_total, memory.huge_free) else {
        return cannot_tell("only with SHM_HUGETLB: the kernel shows no huge pages").unlikely();
    };
    let free = free.saturating_sub(memory.huge_reserved.unwrap_or(0));
    let pages = format!("{free} of {total} pages of the default size are free");
    cannot_tell(format!("only with SHM_HUGETLB: {pages}"))
        .unlikely()
        .of(total)
        .using(total.saturating_sub(free))
}

fn huge_group(readings: &Readings) -> Verdict {
    let system = &readings.system;
    let (Some(group), Some(groups), Some(capable)) =
        (system.huge_group, &system.groups, system.is_lock_capable)
    else {
        return unread();
    };
    let is_member = groups.iter().any(|gid| u64::from(*gid) == group);
    let (who, have) = match system.pid {
        Some(pid) => (format!("process {pid}"), "has"),
        None => ("you".to_owned(), "have"),
    };
    match (is_member || capable, system.pid) {
        (true, Some(_)) => not_this(format!("{who} may use huge pages")),
        (true, None) => cannot_tell("you may use huge pages; the program may run as another user"),
        (false, _) => full(format!("{who} {have} neither group {group} nor CAP_IPC_LOCK")),
    }
}

fn process(name: &str, exempt: Exempt, readings: &Readings) -> Verdict {
    let system = &readings.system;
    let Some(limit) = system.limit(name) else { return unread() };
    let is_exempt = exempt == Exempt::LockCapable && system.is_lock_capable == Some(true);
    let differs = "that of the program may differ";
    match (limit, system.pid) {
        (_, Some(pid)) if is_exempt => not_this(format!("process {pid} has CAP_IPC_LOCK")),
        (_, None) if is_exempt => {
            cannot_tell("you have CAP_IPC_LOCK; the program may not have it").unlikely()
        }
        (ProcessLimit::Unlimited, Some(pid)) => not_this(format!("process {pid} has no limit")),
        (ProcessLimit::Unlimited, None) => {
            cannot_tell(format!("your limit is unlimited; {differs}")).unlikely()
        }
        (ProcessLimit::Of(0), Some(pid)) => full(format!("the limit of process {pid} is 0")).of(0),
        (ProcessLimit::Of(0), None) => full(format!("your limit is 0; {differs}")).of(0),
        (ProcessLimit::Of(limit), Some(pid)) => {
            cannot_tell(format!("fails above {limit}, the limit of process {pid}")).of(limit)
        }
        (ProcessLimit::Of(limit), None) => {
            cannot_tell(format!("fails above {limit}, your limit; {differs}")).of(limit)
        }
    }
}

fn memory(readings: &Readings) -> Verdict {
    let Some(group) = readings.system.group else {
        return cannot_tell("the control group cannot be seen");
    };
    let whose = match readings.system.pid {
        Some(pid) => format!("the control group of process {pid}"),
        None => "your control group".to_owned(),
    };
    let killed = match group.killed {
        Some(1) => "; 1 process was killed in it".to_owned(),
        Some(killed @ 2..) => format!("; {killed} processes were killed in it"),
        _ => String::new(),
    };
    let (limit, used) = match (group.limit, group.used) {
        (Some(limit), Some(used)) => (limit, used),
        (None, _) if readings.system.pid.is_some() => {
            return not_this(format!("{whose} has no limit{killed}"));
        }
        (None, _) => {
            let other = "the program may be in another";
            return cannot_tell(format!("{whose} has no limit{killed}; {other}"));
        }
        (Some(limit), None) => return unread().of(limit),
    };
    let reason = format!("{used} of {limit} bytes in use by {whose}{killed}");
    let verdict = if used >= limit { full(reason) } else { cannot_tell(reason) };
    verdict.of(limit).using(used)
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
