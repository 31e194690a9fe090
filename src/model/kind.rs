//! Kinds of objects, and sets of kinds.

use serde::{Deserialize, Serialize, Serializer};

/// Which interface of the kernel an object belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// System V IPC (sysvipc(7)): objects have keys and ids.
    SystemV,
    /// POSIX IPC (shm_overview(7), mq_overview(7), sem_overview(7)): objects are files with names.
    Posix,
}

/// The function of an object, independent of its system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Memory that processes share.
    SharedMemory,
    /// Messages from one process to another.
    Queue,
    /// Counters that processes wait on.
    Semaphore,
}

/// A kind of IPC objects: a family within a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A System V shared memory segment.
    Shm,
    /// A System V message queue.
    Msg,
    /// A System V semaphore set.
    Sem,
    /// POSIX shared memory.
    Pshm,
    /// A POSIX message queue.
    Pmsg,
    /// A named POSIX semaphore.
    Psem,
}

impl Kind {
    /// The order of the classic sections.
    pub const CLASSIC_ORDER: &'static [Kind] =
        &[Kind::Msg, Kind::Shm, Kind::Sem, Kind::Pmsg, Kind::Pshm, Kind::Psem];
    /// The order of JSON and of the new formats: that of the variants.
    pub const ORDER: &'static [Kind] =
        &[Kind::Shm, Kind::Msg, Kind::Sem, Kind::Pshm, Kind::Pmsg, Kind::Psem];
    /// The order of removals: util-linux removes message queues last.
    pub const REMOVAL_ORDER: &'static [Kind] =
        &[Kind::Shm, Kind::Pshm, Kind::Sem, Kind::Psem, Kind::Msg, Kind::Pmsg];
    /// The kinds of System V, in the order of JSON.
    pub const SYSTEM_V: &'static [Kind] = &[Kind::Shm, Kind::Msg, Kind::Sem];
    /// The kinds of POSIX, in the order of JSON.
    pub const POSIX: &'static [Kind] = &[Kind::Pshm, Kind::Pmsg, Kind::Psem];

    /// The interface that it belongs to.
    #[must_use]
    pub fn system(self) -> System {
        match self {
            Kind::Shm | Kind::Msg | Kind::Sem => System::SystemV,
            Kind::Pshm | Kind::Pmsg | Kind::Psem => System::Posix,
        }
    }

    /// The function of its objects.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Kind::Shm | Kind::Pshm => Family::SharedMemory,
            Kind::Msg | Kind::Pmsg => Family::Queue,
            Kind::Sem | Kind::Psem => Family::Semaphore,
        }
    }

    /// The kind of POSIX objects with a function.
    #[must_use]
    pub fn posix(family: Family) -> Kind {
        match family {
            Family::SharedMemory => Kind::Pshm,
            Family::Queue => Kind::Pmsg,
            Family::Semaphore => Kind::Psem,
        }
    }

    /// Whether its objects are POSIX objects.
    #[must_use]
    pub fn is_posix(self) -> bool {
        self.system() == System::Posix
    }

    /// The short word of JSON and of `ipcrm`, for System V also of /proc/sysvipc: `shm`, `pmsg`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Shm => "shm",
            Kind::Msg => "msg",
            Kind::Sem => "sem",
            Kind::Pshm => "pshm",
            Kind::Pmsg => "pmsg",
            Kind::Psem => "psem",
        }
    }

    /// The kind that a word names.
    #[must_use]
    pub fn from_word(word: &[u8]) -> Option<Kind> {
        Kind::ORDER.iter().copied().find(|kind| kind.word().as_bytes() == word)
    }

    /// The option letter for its family; in upper case for the keys of System V.
    #[must_use]
    pub fn letter(self) -> char {
        match self.family() {
            Family::SharedMemory => 'm',
            Family::Queue => 'q',
            Family::Semaphore => 's',
        }
    }

    /// One object of this kind where it is clear that a noun without a system means System V.
    #[must_use]
    pub fn short_noun(self) -> &'static str {
        match self {
            Kind::Shm => "segment",
            Kind::Msg => "queue",
            Kind::Sem => "semaphore set",
            Kind::Pshm => "shared memory object",
            Kind::Pmsg => "POSIX queue",
            Kind::Psem => "POSIX semaphore",
        }
    }

    /// One object of this kind, in messages.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Shm => "shared memory segment",
            Kind::Msg => "message queue",
            Kind::Sem => "semaphore set",
            Kind::Pshm => "POSIX shared memory object",
            Kind::Pmsg => "POSIX message queue",
            Kind::Psem => "POSIX semaphore",
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Kinds(u8);

impl Kinds {
    /// No kind.
    pub const NONE: Kinds = Kinds(0);
    /// Shared memory only.
    pub const SHM: Kinds = Kinds::of(Kind::Shm);
    /// Message queues only.
    pub const MSG: Kinds = Kinds::of(Kind::Msg);
    /// Semaphore sets only.
    pub const SEM: Kinds = Kinds::of(Kind::Sem);
    /// The three kinds of System V: those listed when no kind is requested.
    pub const SYSTEM_V: Kinds = Kinds::SHM.and(Kinds::MSG).and(Kinds::SEM);
    /// POSIX shared memory only.
    pub const PSHM: Kinds = Kinds::of(Kind::Pshm);
    /// POSIX message queues only.
    pub const PMSG: Kinds = Kinds::of(Kind::Pmsg);
    /// POSIX semaphores only.
    pub const PSEM: Kinds = Kinds::of(Kind::Psem);
    /// The three kinds of POSIX.
    pub const POSIX: Kinds = Kinds::PSHM.and(Kinds::PMSG).and(Kinds::PSEM);
    /// Every kind.
    pub const EVERYTHING: Kinds = Kinds::SYSTEM_V.and(Kinds::POSIX);

    /// The set of one kind.
    #[must_use]
    pub const fn of(kind: Kind) -> Kinds {
        Kinds(1 << kind as u8)
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// The kinds of POSIX with the same functions.
    #[must_use]
    pub fn in_posix(self) -> Kinds {
        let kinds = self.iter().map(|kind| Kinds::of(Kind::posix(kind.family())));
        kinds.fold(Kinds::NONE, Kinds::and)
    }

    /// The kinds that are in both sets.
    #[must_use]
    pub const fn common(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    /// Adds one kind.
    pub fn insert(&mut self, kind: Kind) {
        *self = self.and(Kinds::of(kind));
    }

    /// Whether the kind is in the set.
    #[must_use]
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// Whether the sets have a kind in common.
    #[must_use]
    pub const fn intersects(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every kind of `self` is in `other`.
    #[must_use]
    pub const fn within(self, other: Kinds) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds, in the order of the new formats.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        self.in_order(Kind::ORDER)
    }

    /// The kinds in a given order, without those that the set lacks.
    pub fn in_order(self, order: &'static [Kind]) -> impl Iterator<Item = Kind> {
        order.iter().copied().filter(move |kind| self.contains(*kind))
    }

    /// The words of the kinds joined by `separator`, or `all` if the set has every kind.
    #[must_use]
    pub fn words(self, separator: &str, all: &str) -> String {
        if self == Kinds::EVERYTHING {
            return all.to_owned();
        }
        self.iter().map(Kind::word).collect::<Vec<_>>().join(separator)
    }

    /// The words of the kinds as a list in a sentence: `shm, msg and sem`.
    #[must_use]
    pub fn sentence(self) -> String {
        let words: Vec<_> = self.iter().map(Kind::word).collect();
        match words.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} and {last}", others.join(", "))
            }
            _ => words.concat(),
        }
    }

    /// The only kind of the set, if there is exactly one.
    #[must_use]
    pub fn single(self) -> Option<Kind> {
        let mut kinds = self.iter();
        let first = kinds.next()?;
        kinds.next().is_none().then_some(first)
    }
}
