//! Carries out a request: every object goes through the same steps.

use std::io;

use super::engine::Engine;
use super::event::Handler;
use super::request::{Options, Request};
use crate::proc::ProcRoot;
use crate::sources::Source;

/// Carries out a request, to its end or to the first failure that makes the rest pointless. Returns
/// how many selected objects were not processed because the run ended early.
///
/// # Errors
/// Only those of the handler. Everything before the error was reported to the handler.
pub fn run(
    request: &Request,
    options: Options,
    proc: &ProcRoot,
    source: &dyn Source,
    handler: &mut dyn Handler,
) -> io::Result<usize> {
    let mut engine = Engine::new(options, proc, source, handler);
    let result = match request {
        Request::Plan(plan) => engine.plan(plan),
        Request::Selection(selection) => engine.selection(selection),
    };
    engine.finish();
    result.map(|()| engine.unprocessed)
}
