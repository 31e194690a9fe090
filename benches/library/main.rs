//! Benches of the library's parts: `cargo bench`, or `cargo bench -- json` for some of them.
//!
//! One program for all, which is one long link in place of four. What needs no rights is first;
//! what makes objects, in a private IPC namespace, ends with a sentence where it needs root.

mod collect;
mod parse;
mod processes;
mod render;
mod support;

use criterion::{criterion_group, criterion_main};

criterion_group! {
    name = library;
    config = support::short();
    targets =
        parse::rows, parse::files, render::classic, render::formats,
        processes::maps, processes::scan, processes::sets, collect::kinds
}
criterion_main!(library);
