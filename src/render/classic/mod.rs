//! The classic views, to the byte as util-linux prints them.

mod detail;
mod list;
mod sums;

pub use detail::{msg_detail, sem_detail, shm_detail};
pub(super) use list::left as pad;
pub use list::{Layout, Sheet, layout};
pub use sums::{limits, usage};

/// The unit of sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Bytes in lists, kilobytes for the limits of shared memory.
    #[default]
    Default,
    /// Bytes everywhere.
    Bytes,
    /// A figure and a letter.
    Human,
}
