//! How many descriptors this process may have (`RLIMIT_NOFILE`, getrlimit(2)).

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit as far as an ordinary process may, for itself and for the processes that it
/// starts. If that fails, the limit stays.
pub fn raise_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// The limit: all descriptors have smaller numbers.
#[must_use]
pub fn limit() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(soft, _)| soft)
}
