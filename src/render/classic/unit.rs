//! The unit of sizes.

/// The unit of sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Bytes in lists, kilobytes for the limits of shared memory.
    #[default]
    Default,
    /// Bytes everywhere.
    Bytes,
    /// A number and a unit letter.
    Human,
}
