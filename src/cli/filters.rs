//! The filters, the same options in `ipcs` and `ipcrm`.

use std::ffi::OsString;

use clap::{Args, ValueHint};

const FILTERS: &str = "Filters";

/// Which objects are meant. Different filters are all to be met; of a comma list, one; of a
/// repeated filter the last one counts, but all of them are kept here, to be checked.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterArgs {
    /// Owned by one of these users (name or number)
    #[arg(long, value_name = "USER[,USER]", value_hint = ValueHint::Username, help_heading = FILTERS)]
    pub owner: Vec<OsString>,
    /// Created by one of these users (name or number)
    #[arg(long, value_name = "USER[,USER]", value_hint = ValueHint::Username, help_heading = FILTERS)]
    pub created_by: Vec<OsString>,
    /// Belonging to one of these groups (name or number)
    #[arg(long, value_name = "GROUP[,GROUP]", value_hint = ValueHint::Other, help_heading = FILTERS)]
    pub group: Vec<OsString>,
    /// With one of these keys, in any base
    #[arg(long, value_name = "KEY[,KEY]", help_heading = FILTERS)]
    pub key: Vec<OsString>,
    /// At least this large: bytes of a segment or of the messages in a queue, semaphores of a set;
    /// K and KiB are 1024, KB is 1000, up to E
    #[arg(long, value_name = "SIZE", help_heading = FILTERS)]
    pub min_size: Vec<OsString>,
    /// Last changed at least this long ago: 90s, 15m, 2h, 3d, 1h30m
    #[arg(long, value_name = "DURATION", help_heading = FILTERS)]
    pub older: Vec<OsString>,
    /// Neither used nor changed for at least this long
    #[arg(long, value_name = "DURATION", help_heading = FILTERS)]
    pub idle: Vec<OsString>,
    /// Used by nobody: nothing attached; no message, nobody blocked, last users gone
    #[arg(long, help_heading = FILTERS)]
    pub unused: bool,
    /// Left behind: nothing alive can be using it; in doubt it is not listed
    #[arg(long, help_heading = FILTERS)]
    pub orphaned: bool,
}

impl FilterArgs {
    /// The first filter that was typed, as an option's name.
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
