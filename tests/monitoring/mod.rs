//! Monitoring and diagnosis: checks, metrics, the files in contrib/ that use them, and explanations.
#![allow(clippy::unwrap_used)] // A helper of a test may panic.

mod check;
mod check_errors;
mod contrib;
mod explain;
mod exposition;
mod metrics;
mod plugin;
mod write;
