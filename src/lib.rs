//! See, remove and make System V IPC objects on Linux.

pub mod app;
pub mod cli;
pub mod columns;
pub mod escape;
pub mod model;
pub mod names;
pub mod proc;
pub mod processes;
pub mod query;
pub mod removal;
pub mod render;
pub mod sources;
pub mod sys;
