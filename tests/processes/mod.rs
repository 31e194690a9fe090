//! Who uses an object, on real processes: see `ipcs::processes`.
#![allow(clippy::unwrap_used)] // Helpers of tests fail where they stand.

mod actor;
mod other_namespaces;
mod program;
pub mod scene;
mod segments;
mod staleness;
mod verdicts;
mod visibility;
mod waiters;

pub use scene::MARKER as ACTOR_MARKER;
