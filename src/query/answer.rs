//! What remains of an answer after its rows.

use crate::processes::Inspector;
use crate::sources::Gap;

/// What remains of an answer after its rows.
#[derive(Debug, Default)]
pub struct Answer {
    /// How many rows there were.
    pub rows: u64,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// What was found of the processes, where they were looked at.
    pub inspector: Option<Inspector>,
}
