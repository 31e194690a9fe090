//! What has to be read for a column, a filter or a sort order.

/// A set of things to read in addition to the fields that every source has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs(u16);

impl Needs {
    /// The object itself is enough.
    pub const NOTHING: Needs = Needs(0);
    /// `rss` and `swap` of segments, which are only in the text of /proc/sysvipc.
    pub const RSS: Needs = Needs(1);
    /// `qbytes` of queues, which only msgctl(2) reports.
    pub const QBYTES: Needs = Needs(2);
    /// The sequence number.
    pub const SEQ: Needs = Needs(4);
    /// The value, waiters and last process of each semaphore: only of single objects.
    pub const SEMAPHORES: Needs = Needs(8);
    /// The command line of the creator.
    pub const COMMAND: Needs = Needs(16);
    /// The processes that use the object, and the verdicts that follow.
    pub const PROCESSES: Needs = Needs(32);
    /// The present time. JSON has such columns only if they are named: two readings of the same
    /// object would differ.
    pub const CLOCK: Needs = Needs(64);
    /// The namespace that the object is in.
    pub const PLACE: Needs = Needs(128);
    /// Whether the object is orphaned, without the processes that use it.
    pub const ORPHANED: Needs = Needs(256);
    /// Every field of the object itself, from whichever source has it.
    pub const FIELDS: Needs = Needs(7);

    /// The union of both sets.
    #[must_use]
    pub const fn and(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn has(self, other: Needs) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether more has to be read than the object itself.
    #[must_use]
    pub const fn has_facts(self) -> bool {
        self.0 & !(Needs::FIELDS.0 | Needs::CLOCK.0) != 0
    }

    /// Whether the object itself is enough, at any time.
    #[must_use]
    pub const fn is_field(self) -> bool {
        self.0 & !Needs::FIELDS.0 == 0
    }
}

impl FromIterator<Needs> for Needs {
    fn from_iter<I: IntoIterator<Item = Needs>>(all: I) -> Needs {
        all.into_iter().fold(Needs::NOTHING, Needs::and)
    }
}
