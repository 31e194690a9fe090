//! See, remove and make System V IPC objects on Linux.

// What is read from outside must not end a program: code that can panic is refused, except in tests.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used,
    )
)]

pub mod app;
pub mod cli;
pub mod columns;
pub mod diagnosis;
pub mod escape;
pub mod model;
pub mod names;
pub mod namespaces;
pub mod proc;
pub mod processes;
pub mod query;
pub mod removal;
pub mod render;
pub mod sources;
pub mod spelling;
pub mod sys;
