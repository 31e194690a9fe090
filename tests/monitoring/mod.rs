//! Monitoring and diagnosis: checks, metrics, and the files in contrib/ that use them.
#![allow(clippy::unwrap_used)] // A helper of a test may panic.

mod check;
mod contrib;
mod explain;
mod exposition;
mod metrics;
mod write;
