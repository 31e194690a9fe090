//! Limits and sums.

use serde::Serialize;

use super::options::{Format, Options};
use crate::app::edge::{Exit, Session};
use crate::model::{Limits, Usage};
use crate::proc::ProcRoot;
use crate::render::{classic, json};
use crate::{collect, sys};

#[derive(Serialize)]
struct LimitsDocument {
    limits: Limits,
}

#[derive(Serialize)]
struct UsageDocument {
    usage: Usage,
}

pub fn show_limits(
    session: &mut Session,
    proc: &ProcRoot,
    options: &Options,
) -> anyhow::Result<Exit> {
    let limits = collect::limits(proc, options.kinds);
    let out = session.out();
    match options.format {
        Format::Classic => {
            classic::limits(out, options.kinds, &limits, options.unit, sys::page_size())?
        }
        Format::Json => json::write(out, &LimitsDocument { limits })?,
    }
    Ok(Exit::Success)
}

pub fn show_usage(session: &mut Session, options: &Options) -> anyhow::Result<Exit> {
    let usage = collect::usage(options.kinds);
    let out = session.out();
    match options.format {
        Format::Classic => classic::usage(out, options.kinds, &usage, options.unit)?,
        Format::Json => json::write(out, &UsageDocument { usage })?,
    }
    Ok(Exit::Success)
}
