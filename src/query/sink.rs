//! Where the rows of an answer go.

use std::io;

use crate::columns::Row;
use crate::model::Kind;

/// Takes the rows of an answer.
pub trait RowSink {
    /// The rows of a kind follow.
    ///
    /// # Errors
    /// Those of the output.
    fn begin(&mut self, kind: Kind) -> io::Result<()>;

    /// A row of the current kind.
    ///
    /// # Errors
    /// Those of the output.
    fn row(&mut self, row: Row<'_>) -> io::Result<()>;

    /// Whether the order of the rows does not matter, so that several kinds can be read at the same
    /// time. `begin` and `end` are not called then.
    fn takes_any_order(&self) -> bool {
        false
    }

    /// There are no more rows of this kind.
    ///
    /// # Errors
    /// Those of the output.
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// There are no more kinds.
    ///
    /// # Errors
    /// Those of the output.
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
