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
    #[arg(long, value_name = "USER[,USER]", value_hint = ValueHint::Username, help_heading = FILTERS)]
    pub owner: Vec<OsString>,
    /// Creator is one of these users (name or ID)
    #[arg(long, value_name = "USER[,USER]", value_hint = ValueHint::Username, help_heading = FILTERS)]
    pub created_by: Vec<OsString>,
    /// Group is one of these groups (name or ID)
    #[arg(long, value_name = "GROUP[,GROUP]", value_hint = ValueHint::Other, help_heading = FILTERS)]
    pub group: Vec<OsString>,
    /// Key is one of these (decimal, 0x hex, 0 octal)
    #[arg(long, value_name = "KEY[,KEY]", help_heading = FILTERS)]
    pub key: Vec<OsString>,
    /// Size is at least SIZE (4096, 64K, 1.5GiB).
    ///
    /// The size is the bytes of a segment, the bytes of all messages in a queue, or the number of
    /// semaphores in a set. K and KiB are 1024 and KB is 1000. The other suffixes follow the same
    /// pattern, up to E.
    #[arg(long, value_name = "SIZE", help_heading = FILTERS)]
    pub min_size: Vec<OsString>,
    /// Not changed for at least DURATION (90s, 1h30m).
    ///
    /// The units are s, m, h and d. A change is the creation, or a later change of owner,
    /// permissions or capacity.
    #[arg(long, value_name = "DURATION", help_heading = FILTERS)]
    pub older: Vec<OsString>,
    /// Neither used nor changed for at least DURATION.
    ///
    /// A use is an attach, detach, send, receive or semaphore operation.
    #[arg(long, value_name = "DURATION", help_heading = FILTERS)]
    pub idle: Vec<OsString>,
    /// Nobody is using the object at the moment.
    ///
    /// A segment is unused if nothing has it attached. A queue is unused if it is empty, nobody is
    /// blocked on it, and its last sender and receiver are gone. A set is unused if nobody is
    /// blocked on it and its last users are gone.
    #[arg(long, help_heading = FILTERS)]
    pub unused: bool,
    /// No live process can be using the object.
    ///
    /// When this cannot be proved, the object does not pass.
    #[arg(long, help_heading = FILTERS)]
    pub orphaned: bool,
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
            ("--older", !self.older.is_empty()),
            ("--idle", !self.idle.is_empty()),
            ("--unused", self.unused),
            ("--orphaned", self.orphaned),
        ]
        .into_iter()
        .find_map(|(name, typed)| typed.then_some(name))
    }
}
