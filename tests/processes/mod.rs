//! Who uses an object, on real processes: see `ipcs::processes`.
#![allow(clippy::unwrap_used)] // Helpers of tests fail where they stand.

mod actor;
mod ends;
mod program;
pub mod scene;
mod segments;
mod sight;
mod strangers;
mod verdicts;
mod waiters;

pub use scene::MARKER as ACTOR_MARKER;
