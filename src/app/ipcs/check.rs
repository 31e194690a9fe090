//! `--check`: one line for monitoring.

use super::options::Options;
use crate::app::session::{Exit, Session};
use crate::proc::ProcRoot;

pub fn show(session: &mut Session, _proc: &ProcRoot, _options: &Options) -> anyhow::Result<Exit> {
    session.warn("not built yet");
    Ok(Exit::Failure)
}
