//! The rest of an answer after its rows.

use crate::processes::Inspector;
use crate::sources::Gaps;

/// The rest of an answer after its rows.
#[derive(Debug, Default)]
pub struct Answer {
    /// How many rows there were.
    pub rows: u64,
    /// What could not be read.
    pub gaps: Gaps,
    /// What was found about the processes, if they were inspected.
    pub inspector: Option<Inspector>,
}
