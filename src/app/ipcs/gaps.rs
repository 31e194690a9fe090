//! Reports the gaps of an answer.

use crate::app::session::{Exit, Session};
use crate::sources::Gaps;

/// Reports the gaps of the answer; returns the resulting exit status.
pub fn report(session: &mut Session, gaps: &Gaps) -> Exit {
    for gap in gaps.first() {
        session.warn(gap);
    }
    if gaps.more() > 0 {
        session.warn(format_args!("{} more objects could not be read", gaps.more()));
    }
    if gaps.first().is_empty() { Exit::Success } else { Exit::Failure }
}
