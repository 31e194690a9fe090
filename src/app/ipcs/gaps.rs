//! Reports the gaps of an answer.

use crate::app::session::{Exit, Session};
use crate::sources::Gap;

/// Reports the gaps of the answer; returns the resulting exit status.
pub fn report(session: &mut Session, gaps: &[Gap]) -> Exit {
    const SHOWN: usize = 20;
    for gap in gaps.iter().take(SHOWN) {
        session.warn(gap);
    }
    if let Some(more) = gaps.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        session.warn(format_args!("{more} more objects could not be read"));
    }
    if gaps.is_empty() { Exit::Success } else { Exit::Failure }
}
