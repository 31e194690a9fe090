//! See, remove and make System V IPC objects on Linux.

pub mod app;
pub mod cli;
pub mod collect;
pub mod columns;
pub mod model;
pub mod names;
pub mod proc;
pub mod processes;
pub mod removal;
pub mod render;
pub mod select;
pub mod sys;
