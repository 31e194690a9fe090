//! What is concluded about an object, each time with the reason.
//!
//! Everything here errs on the side of keeping: what is not known is not called unused or
//! orphaned.

use std::fmt;

use super::alive::{Alive, Doubt};
use super::visibility::Hidden;

/// What a recorded pid did to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PidField {
    /// A segment's creator.
    Cpid,
    /// The last to attach or detach a segment.
    Lpid,
    /// The last to send to a queue.
    Lspid,
    /// The last to receive from a queue.
    Lrpid,
    /// The last to operate a semaphore.
    Sempid,
}

impl PidField {
    /// The kernel's name of the field; that of a semaphore is `pid`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PidField::Cpid => "cpid",
            PidField::Lpid => "lpid",
            PidField::Lspid => "lspid",
            PidField::Lrpid => "lrpid",
            PidField::Sempid => "pid",
        }
    }

    /// What a person calls the process.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            PidField::Cpid => "creator",
            PidField::Lpid | PidField::Sempid => "last user",
            PidField::Lspid => "last sender",
            PidField::Lrpid => "last receiver",
        }
    }
}

/// A pid that the kernel recorded in an object, and whether it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where it was recorded.
    pub field: PidField,
    /// The number; 0 for never or another pid namespace.
    pub pid: i32,
    /// Whether it lives.
    pub alive: Alive,
}

/// Why an answer, or a list of processes, is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// That many processes could not be looked at.
    Denied(usize),
    /// An unknown number of processes is out of sight.
    Hidden(Hidden),
    /// Processes came and went so fast that no list had them all.
    Unsettled,
    /// `nattch` tells of another number of mappings than were found.
    Mappings {
        /// Those found.
        found: u64,
        /// Those that there are.
        nattch: u64,
    },
    /// More threads are blocked than were found.
    Waiters {
        /// Those found.
        found: u64,
        /// Those that there are (GETNCNT + GETZCNT).
        blocked: u64,
    },
    /// The device of shared memory is not known.
    NoDevice,
    /// The kernel does not tell who is blocked.
    NoSyscall,
    /// No scan looked for this.
    NotScanned,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::Denied(1) => f.write_str("1 process could not be looked at: not permitted"),
            Gap::Denied(count) => {
                write!(f, "{count} processes could not be looked at: not permitted")
            }
            Gap::Hidden(why) => {
                write!(f, "an unknown number of processes is out of sight: {why}")
            }
            Gap::Unsettled => {
                f.write_str("processes came and went too fast for all of them to be looked at")
            }
            Gap::Mappings { found, nattch } if found < nattch => {
                write!(f, "only {found} of {nattch} mappings were found")
            }
            Gap::Mappings { found, nattch } => {
                write!(f, "{found} mappings were found, but nattch is {nattch}")
            }
            Gap::Waiters { found, blocked } => {
                write!(f, "only {found} of {blocked} blocked threads were found")
            }
            Gap::NoDevice => f.write_str("the device of shared memory is not known"),
            Gap::NoSyscall => f.write_str("the kernel does not tell in which call a thread waits"),
            Gap::NotScanned => f.write_str("the processes were not looked at"),
        }
    }
}

/// The reason of a verdict; its text is for people and for `orphan_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// So many processes have it attached, where all were found.
    AttachedBy(u64),
    /// It has so many mappings.
    Attached(u64),
    /// So many threads are blocked on it.
    Blocked(u64),
    /// It holds messages.
    Messages(u64),
    /// A recorded process lives.
    PidAlive(PidField, i32),
    /// It is not known whether a recorded process lives.
    PidUnknown(PidField, i32, Doubt),
    /// Processes of the owner or creator live in this IPC namespace.
    UidAlive(u32),
    /// Processes of the owner or creator live, perhaps in this IPC namespace.
    UidMayBeAlive(u32),
    /// Root's own: its processes are everywhere.
    OwnerIsRoot,
    /// No right to read the object.
    Unreadable,
    /// It was removed meanwhile.
    Vanished,
    /// Something could not be looked at.
    Gap(Gap),
    /// Nothing is attached.
    NotAttached,
    /// Nobody is blocked, and no recorded process lives.
    NobodyLives,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::AttachedBy(count) => write!(f, "attached by {count}"),
            Reason::Attached(nattch) => write!(f, "attached, nattch {nattch}"),
            Reason::Blocked(count) => write!(f, "{count} blocked on it"),
            Reason::Messages(1) => f.write_str("holds 1 message"),
            Reason::Messages(count) => write!(f, "holds {count} messages"),
            Reason::PidAlive(field, pid) => write!(f, "{} {pid} alive", field.noun()),
            Reason::PidUnknown(field, pid, doubt) => match doubt {
                Doubt::MayBeReused => write!(f, "pid {pid} may be reused"),
                Doubt::StartUnknown => {
                    write!(f, "{} {pid} unknown: start time not readable", field.noun())
                }
                Doubt::OtherNamespace => {
                    write!(f, "{} unknown: another pid namespace", field.noun())
                }
                Doubt::OutOfSight(why) => write!(f, "{} {pid} unknown: {why}", field.noun()),
            },
            Reason::UidAlive(uid) => write!(f, "uid {uid} has live processes"),
            Reason::UidMayBeAlive(uid) => {
                write!(f, "uid {uid} has live processes, perhaps of another IPC namespace")
            }
            Reason::OwnerIsRoot => f.write_str("owner is root"),
            Reason::Unreadable => f.write_str("no permission to read it"),
            Reason::Vanished => f.write_str("removed meanwhile"),
            Reason::Gap(gap) => gap.fmt(f),
            Reason::NotAttached => f.write_str("not attached"),
            Reason::NobodyLives => f.write_str("no process lives that used it"),
        }
    }
}

/// An answer with its reason; no answer means that it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Yes, no, or unknown.
    pub answer: Option<bool>,
    /// Why.
    pub reason: Reason,
}

impl Verdict {
    pub(super) fn yes(reason: Reason) -> Verdict {
        Verdict { answer: Some(true), reason }
    }

    pub(super) fn no(reason: Reason) -> Verdict {
        Verdict { answer: Some(false), reason }
    }

    pub(super) fn unknown(reason: Reason) -> Verdict {
        Verdict { answer: None, reason }
    }

    /// Certainly so: what `--unused` and `--orphaned` list.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        self.answer == Some(true)
    }

    /// Not certainly otherwise: as the in-use check takes an unknown answer.
    #[must_use]
    pub fn may_be(&self) -> bool {
        self.answer != Some(false)
    }

    /// The opposite answer for the same reason.
    #[must_use]
    pub(super) fn negated(self) -> Verdict {
        Verdict { answer: self.answer.map(|answer| !answer), reason: self.reason }
    }
}

/// What the recorded pids say about use: alive, or in doubt, or nothing against it.
pub(super) fn use_by_pids(recorded: impl IntoIterator<Item = Recorded>) -> Option<Verdict> {
    let mut doubt = None;
    for Recorded { field, pid, alive } in recorded {
        match alive {
            Alive::Yes => return Some(Verdict::yes(Reason::PidAlive(field, pid))),
            Alive::Unknown(why) => {
                doubt = doubt.or(Some(Verdict::unknown(Reason::PidUnknown(field, pid, why))));
            }
            Alive::Gone | Alive::Reused | Alive::Never => {}
        }
    }
    doubt
}
