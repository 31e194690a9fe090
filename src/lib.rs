//! See, remove and make System V IPC objects on Linux.

pub mod collect;
pub mod model;
pub mod proc;
pub mod render;
pub mod sys;
