//! Kinds of objects, and sets of kinds.

use serde::{Deserialize, Serialize, Serializer};

/// Which interface of the kernel an object belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// System V IPC (sysvipc(7)): objects have keys and ids.
    SystemV,
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
}

impl Kind {
    /// The order of the classic sections.
    pub const CLASSIC_ORDER: &'static [Kind] = &[Kind::Msg, Kind::Shm, Kind::Sem];
    /// The order of JSON and of the new formats: that of the variants.
    pub const ORDER: &'static [Kind] = &[Kind::Shm, Kind::Msg, Kind::Sem];
    /// The order of removals: util-linux removes message queues last.
    pub const REMOVAL_ORDER: &'static [Kind] = &[Kind::Shm, Kind::Sem, Kind::Msg];

    /// The interface that it belongs to.
    #[must_use]
    pub fn system(self) -> System {
        match self {
            Kind::Shm | Kind::Msg | Kind::Sem => System::SystemV,
        }
    }

    /// The function of its objects.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Kind::Shm => Family::SharedMemory,
            Kind::Msg => Family::Queue,
            Kind::Sem => Family::Semaphore,
        }
    }

    /// The short word of JSON, of /proc/sysvipc and of `ipcrm`: `shm`, `msg`, `sem`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Shm => "shm",
            Kind::Msg => "msg",
            Kind::Sem => "sem",
        }
    }

    /// The kind that a word names.
    #[must_use]
    pub fn from_word(word: &[u8]) -> Option<Kind> {
        Kind::ORDER.iter().copied().find(|kind| kind.word().as_bytes() == word)
    }

    /// The option letter for it and for its ids; in upper case for its keys.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Kind::Shm => 'm',
            Kind::Msg => 'q',
            Kind::Sem => 's',
        }
    }

    /// One object of this kind where it is clear that it is one of System V.
    #[must_use]
    pub fn short_noun(self) -> &'static str {
        match self {
            Kind::Shm => "segment",
            Kind::Msg => "queue",
            Kind::Sem => "semaphore set",
        }
    }

    /// One object of this kind, in messages.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Shm => "shared memory segment",
            Kind::Msg => "message queue",
            Kind::Sem => "semaphore set",
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
    /// Every kind.
    pub const EVERYTHING: Kinds = Kinds::SYSTEM_V;

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

    /// The only kind of the set, if there is exactly one.
    #[must_use]
    pub fn single(self) -> Option<Kind> {
        let mut kinds = self.iter();
        let first = kinds.next()?;
        kinds.next().is_none().then_some(first)
    }
}
