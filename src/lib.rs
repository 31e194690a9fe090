//! See, remove and make System V IPC objects on Linux.

pub mod model;
pub mod proc;
pub mod sys;
