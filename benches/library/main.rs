//! Benchmarks of parts of the library: `cargo bench`, or `cargo bench -- json` for some of them.
//!
//! All are in one program, which links faster than four. Benchmarks that need no root come first.
//! Those that make objects use a private IPC namespace and exit with an error without root.

mod parse;
mod processes;
mod render;
mod sources;
mod support;

use criterion::{criterion_group, criterion_main};

criterion_group! {
    name = library;
    config = support::short();
    targets =
        parse::rows, parse::files, render::classic, render::formats,
        processes::maps, processes::scan, processes::sets, sources::kinds
}
criterion_main!(library);
