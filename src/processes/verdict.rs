//! Verdicts about objects, each with its reason.
//!
//! Everything here errs on the side of keeping: what is unknown is never called unused or
//! orphaned.

use std::fmt;

use super::census::{Keeper, NamedProcess};
use super::liveness::{Alive, Doubt};
use super::process_info::Process;
use super::visibility::Hidden;
use crate::escape::escaped;
use crate::sys::{Errno, error_text, is_permission};

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

    /// The process, in messages.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where it was recorded.
    pub field: PidField,
    /// The number; 0 for "never" or for another pid namespace.
    pub pid: i32,
    /// Whether it is alive.
    pub alive: Alive,
    /// The process that has the number now, unless it is certain to be another one.
    pub process: Option<Process>,
}

/// Why an answer, or a list of processes, is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Some processes could not be inspected.
    Denied {
        /// How many.
        count: usize,
        /// The error of one of them.
        errno: Errno,
    },
    /// An unknown number of processes is invisible.
    Hidden(Hidden),
    /// Processes started and exited so fast that no list was complete.
    Unsettled,
    /// `nattch` differs from the number of mappings that were found.
    Mappings {
        /// The mappings found.
        found: u64,
        /// The mappings that exist.
        nattch: u64,
    },
    /// More threads are blocked than were found.
    Waiters {
        /// The threads found.
        found: u64,
        /// The threads that are blocked (GETNCNT + GETZCNT).
        blocked: u64,
    },
    /// The device of shared memory is unknown.
    NoDevice,
    /// The memory of some processes, with their command lines or operations, could not be read.
    Memory {
        /// How many reads were given up.
        count: usize,
        /// The error of one of them.
        errno: Errno,
    },
    /// The kernel does not show which system call a thread is blocked in.
    NoSyscall,
    /// The file of a POSIX object is in a file system that shows in no way which processes have it
    /// mapped.
    FileSystem,
    /// The POSIX object was made or changed after the walk began.
    Newer,
    /// It is not a regular file, and so not an object.
    NotAnObject,
    /// No walk looked for this.
    NotScanned,
}

impl Gap {
    /// Whether something failed, other than for want of permission. Such a look may find more when
    /// it is repeated, so an answer without it must not be relied on.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Gap::Denied { errno, .. } => !is_permission(*errno),
            Gap::Memory { .. } => true,
            Gap::Hidden(why) => why.is_failure(),
            Gap::Unsettled | Gap::NoDevice => true,
            Gap::Mappings { .. }
            | Gap::Waiters { .. }
            | Gap::NoSyscall
            | Gap::FileSystem
            | Gap::Newer
            | Gap::NotAnObject
            | Gap::NotScanned => false,
        }
    }

    /// How to see what could not be inspected, where only a privilege is missing.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        let is_privilege = match self {
            Gap::Denied { errno, .. } => is_permission(*errno),
            Gap::Hidden(why) => *why == Hidden::Hidepid,
            _ => false,
        };
        is_privilege.then_some("run as root, or with CAP_SYS_PTRACE, to see them")
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::Denied { count, errno } => {
                let noun = if *count == 1 { "process" } else { "processes" };
                write!(f, "{count} {noun} could not be inspected: ")?;
                match errno {
                    errno if is_permission(*errno) => f.write_str("permission denied"),
                    errno => f.write_str(&error_text(*errno)),
                }
            }
            Gap::Hidden(why) => write!(f, "some processes may be invisible: {why}"),
            Gap::Unsettled => {
                f.write_str("processes started and exited too fast to inspect all of them")
            }
            Gap::Mappings { found, nattch } => {
                write!(f, "{found} of {nattch} mappings were found")
            }
            Gap::Waiters { found, blocked } => {
                write!(f, "only {found} of {blocked} blocked threads were found")
            }
            Gap::NoDevice => f.write_str("the device number of shared memory is unknown"),
            Gap::Memory { count, errno } => {
                let noun = if *count == 1 { "read" } else { "reads" };
                write!(f, "{count} {noun} from the memory of processes failed: ")?;
                match errno {
                    Errno::ETIMEDOUT => f.write_str("it did not respond in time"),
                    errno => f.write_str(&error_text(*errno)),
                }
            }
            Gap::NoSyscall => {
                f.write_str("the kernel does not show which system call a thread is blocked in")
            }
            Gap::FileSystem => {
                f.write_str("its file system is not tmpfs, so it may be mapped by any process")
            }
            Gap::Newer => f.write_str("it was changed while the processes were inspected"),
            Gap::NotAnObject => f.write_str("it is not an object"),
            Gap::NotScanned => f.write_str("the processes were not inspected"),
        }
    }
}

/// The reason of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// This number of processes have it attached; all of them were found.
    AttachedBy(u64),
    /// It has this number of mappings.
    Attached(u64),
    /// This number of processes have it open or mapped.
    OpenIn(u64),
    /// The kernel counts it as open, and none of the processes that were found has it.
    OpenUnseen,
    /// This number of threads are blocked on it.
    Blocked(u64),
    /// It holds this number of messages.
    Messages(u64),
    /// A recorded process is alive.
    PidAlive(PidField, i32),
    /// It is unknown whether a recorded process is alive.
    PidUnknown(PidField, i32, Doubt),
    /// The pid of a recorded process belongs to another process now.
    PidReplaced(PidField, i32),
    /// A live process existed, or may have existed, when the object was last used.
    Keeper {
        /// The process.
        process: NamedProcess,
        /// Whether it certainly existed.
        was_there: bool,
    },
    /// A live process of its owner, creator or group can find it by its key.
    OfItsUids(NamedProcess),
    /// Its owner is root, which always has live processes.
    OwnedByRoot,
    /// Its creator is root, and it has a key or no live process belongs to its owner.
    CreatedByRoot,
    /// The object may not be read.
    Unreadable,
    /// It was removed meanwhile.
    Vanished,
    /// Reading it failed.
    Failed(Errno),
    /// Something could not be inspected.
    Gap(Gap),
    /// Nothing is attached.
    NotAttached,
    /// No process has it open or mapped.
    NotOpen,
    /// Nobody has a POSIX object open or mapped, and no process of its owner is running.
    NobodyOfOwner,
    /// No live process used it, and none could use it again.
    NoLiveUser,
}

impl From<Keeper> for Reason {
    fn from(keeper: Keeper) -> Reason {
        let Keeper { process, was_there } = keeper;
        Reason::Keeper { process, was_there }
    }
}

impl Reason {
    /// The reason in words. `user` gives the name of a user.
    pub fn text(&self, user: &mut dyn FnMut(u32) -> String) -> String {
        let mut name = |process: &NamedProcess| {
            let NamedProcess { pid, uid, comm } = process;
            format!("{} ({pid}, {})", escaped(comm), user(*uid))
        };
        match self {
            Reason::AttachedBy(count) => format!("{count} attached"),
            Reason::Attached(nattch) => format!("attached (nattch {nattch})"),
            Reason::OpenIn(1) => "1 process uses it".to_owned(),
            Reason::OpenIn(count) => format!("{count} processes use it"),
            Reason::OpenUnseen => "it is open, but not in a process that was found".to_owned(),
            Reason::Blocked(1) => "1 thread is blocked on it".to_owned(),
            Reason::Blocked(count) => format!("{count} threads are blocked on it"),
            Reason::Messages(1) => "holds 1 message".to_owned(),
            Reason::Messages(count) => format!("holds {count} messages"),
            Reason::PidAlive(field, pid) => format!("{} {pid} is alive", field.noun()),
            Reason::PidUnknown(field, pid, doubt) => match doubt {
                Doubt::MayBeReused => {
                    format!("{} {pid} may be alive, or its number is reused", field.noun())
                }
                Doubt::Denied => {
                    format!("{} {pid} is unknown: no permission to read it", field.noun())
                }
                Doubt::Failed(errno) => {
                    format!("{} {pid} is unknown: {}", field.noun(), error_text(*errno))
                }
                Doubt::OtherNamespace => {
                    format!("{} is unknown: it is in another pid namespace", field.noun())
                }
                Doubt::OutOfSight(why) => format!("{} {pid} is unknown: {why}", field.noun()),
            },
            Reason::PidReplaced(field, pid) => {
                format!("the number of {} {pid} belongs to another process now", field.noun())
            }
            Reason::Keeper { process, was_there: true } => {
                let process = name(process);
                format!("{process} started before its last use and may come back to it")
            }
            Reason::Keeper { process, was_there: false } => {
                format!("{} may come back to it", name(process))
            }
            Reason::OfItsUids(process) => {
                format!("{} may come back to it by its key", name(process))
            }
            Reason::OwnedByRoot => "its owner is root, whose processes may come back".to_owned(),
            Reason::CreatedByRoot => {
                "its creator is root, whose processes may come back to it".to_owned()
            }
            Reason::Unreadable => "no permission to read it".to_owned(),
            Reason::Vanished => "it has been removed".to_owned(),
            Reason::Failed(errno) => format!("it could not be read: {}", error_text(*errno)),
            Reason::Gap(gap) => gap.to_string(),
            Reason::NotAttached => "not attached".to_owned(),
            Reason::NotOpen => "no process has it open or mapped".to_owned(),
            Reason::NobodyOfOwner => {
                "no process has it open, and none of its owner is running".to_owned()
            }
            Reason::NoLiveUser => "no live process used it or could come back to it".to_owned(),
        }
    }

    /// Whether something about this object failed, other than for want of permission.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Reason::Failed(_) | Reason::PidUnknown(_, _, Doubt::Failed(_)) => true,
            Reason::PidUnknown(_, _, Doubt::OutOfSight(why)) => why.is_failure(),
            Reason::Gap(gap) => gap.is_failure(),
            _ => false,
        }
    }

    /// The process that the reason names as one that may use the object again.
    #[must_use]
    pub fn keeper(&self) -> Option<&NamedProcess> {
        match self {
            Reason::Keeper { process, .. } | Reason::OfItsUids(process) => Some(process),
            _ => None,
        }
    }
}

/// An answer with its reason. No answer means that it is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// In use: the kernel counts it as open.
    #[must_use]
    pub fn open_unseen() -> Verdict {
        Verdict::yes(Reason::OpenUnseen)
    }

    pub(super) fn no(reason: Reason) -> Verdict {
        Verdict { answer: Some(false), reason }
    }

    /// Unknown, for this reason.
    #[must_use]
    pub fn unknown(reason: Reason) -> Verdict {
        Verdict { answer: None, reason }
    }

    /// Certainly yes.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        self.answer == Some(true)
    }

    /// Certainly no.
    #[must_use]
    pub fn is_no(&self) -> bool {
        self.answer == Some(false)
    }

    /// The opposite answer for the same reason.
    #[must_use]
    pub(super) fn negated(self) -> Verdict {
        Verdict { answer: self.answer.map(|answer| !answer), reason: self.reason }
    }
}

/// All verdicts about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// Whether it is in use. A filter of `ipcrm` removes only what is certainly not in use.
    pub in_use: Verdict,
    /// Whether it is unused, as `--unused` means it. For segments fewer conditions are required.
    pub unused: Verdict,
    /// Whether it was left behind: no live process was found that could use it again.
    pub orphaned: Verdict,
    /// Something that could not be read, other than for want of permission. It may be what shows
    /// that the object is in use.
    pub failure: Option<Reason>,
}

impl Verdicts {
    /// Whether the answers to both "in use" and "orphaned" are certain.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.in_use.answer.is_some() && self.orphaned.answer.is_some()
    }
}
