//! The filter options, which `ipcs` and `ipcrm` share.

use std::ffi::OsString;

use clap::{Args, ValueHint};

const FILTERS: &str = "Filters";

/// Selects objects by their properties. An object must pass all filters, and match one item of a
/// comma list. When a filter is repeated, the last one counts; the others are kept here so that
/// they can be checked too.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterArgs {
    /// Owner is one of these users (name or ID)
    #[arg(long, alias = "user", value_name = "USERS", value_hint = ValueHint::Username, help_heading = FILTERS)]
    pub owner: Vec<OsString>,
    /// Creator is one of these users (name or ID)
    #[arg(long, value_name = "USERS", value_hint = ValueHint::Username, help_heading = FILTERS)]
    pub created_by: Vec<OsString>,
    /// Group is one of these groups (name or ID)
    #[arg(long, value_name = "GROUPS", value_hint = ValueHint::Other, help_heading = FILTERS)]
    pub group: Vec<OsString>,
    /// Key is one of these; none: no key; any: any key.
    ///
    /// Keys are decimal, hex with 0x, or octal with 0. A segment that is marked for destruction has
    /// lost its key: neither word matches it.
    #[arg(long, value_name = "KEYS", help_heading = FILTERS)]
    pub key: Vec<OsString>,
    /// Size is at least SIZE (4096, 64K, 1.5GiB).
    ///
    /// The size is the bytes of a segment, the bytes of all messages in a queue, or the number of
    /// semaphores in a set. K and KiB are 1024 and KB is 1000. The other suffixes follow the same
    /// pattern, up to E.
    #[arg(long, value_name = "SIZE", help_heading = FILTERS)]
    pub min_size: Vec<OsString>,
    /// Size is at most SIZE
    #[arg(long, value_name = "SIZE", help_heading = FILTERS)]
    pub max_size: Vec<OsString>,
    /// Queue is at least this full (80, 99.5%).
    ///
    /// A queue is full when its bytes or the number of its messages reach its capacity (qbytes).
    /// Segments and sets never match.
    #[arg(long, value_name = "PERCENT", help_heading = FILTERS)]
    pub full: Vec<OsString>,
    /// Used by one of these processes.
    ///
    /// The process has it attached, is blocked on it, created it (segments), or was the last to use
    /// it. The process may have exited, unless its number belongs to another process now.
    #[arg(long, value_name = "PID[,PID]", help_heading = FILTERS)]
    pub used_by: Vec<OsString>,
    /// Not changed for at least DURATION (90s, 1h30m, 3d).
    ///
    /// The units are s, m or min, h, d and w, larger ones first. A change is the creation, or a
    /// later change of owner, permissions or capacity.
    #[arg(long, value_name = "DURATION", help_heading = FILTERS)]
    pub older: Vec<OsString>,
    /// Neither used nor changed for at least DURATION.
    ///
    /// A use is an attach, detach, send, receive or semaphore operation.
    #[arg(long, value_name = "DURATION", help_heading = FILTERS)]
    pub idle: Vec<OsString>,
    /// Certainly not in use; for a segment, not attached.
    ///
    /// A segment that nothing has attached is unused, even if a process may come back to it. A
    /// queue or set is unused if nobody is blocked on it, it holds no messages, all recorded
    /// processes are gone, and no live process could come back to it.
    #[arg(long, help_heading = FILTERS)]
    pub unused: bool,
    /// Orphaned: no running process seems to need it.
    ///
    /// When this is not sure, the object does not pass. Objects of root are never sure.
    #[arg(long, help_heading = FILTERS)]
    pub orphaned: bool,
    /// Attached, blocked on, or its last user is alive.
    ///
    /// A live process that is recorded as the last user of a queue or set counts; for segments only
    /// attaches do.
    #[arg(long, help_heading = FILTERS)]
    pub in_use: bool,
    /// Also unsure objects, if idle as --idle says.
    ///
    /// Widens --unused, --orphaned and what ipcrm removes from what is sure to what is unsure.
    /// Objects that are certainly in use are never included. Needs --idle.
    #[arg(long, help_heading = FILTERS)]
    pub include_unsure: bool,
}

impl FilterArgs {
    /// The option name of the first filter that is set.
    #[must_use]
    pub fn first(&self) -> Option<&'static str> {
        [
            ("--owner", !self.owner.is_empty()),
            ("--created-by", !self.created_by.is_empty()),
            ("--group", !self.group.is_empty()),
            ("--key", !self.key.is_empty()),
            ("--min-size", !self.min_size.is_empty()),
            ("--max-size", !self.max_size.is_empty()),
            ("--full", !self.full.is_empty()),
            ("--used-by", !self.used_by.is_empty()),
            ("--older", !self.older.is_empty()),
            ("--idle", !self.idle.is_empty()),
            ("--unused", self.unused),
            ("--orphaned", self.orphaned),
            ("--in-use", self.in_use),
            ("--include-unsure", self.include_unsure),
        ]
        .into_iter()
        .find_map(|(name, typed)| typed.then_some(name))
    }
}
