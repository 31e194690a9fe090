//! Lines about limits that are nearly full: who fills them, and how to raise them.

use super::size::human;
use crate::diagnosis::{Commands, Holder};
use crate::model::{Limit, LimitRow, State, Unit};

/// Whether a limit needs advice.
#[must_use]
pub fn is_needed(row: &LimitRow) -> bool {
    row.state().is_some_and(|state| state >= State::High)
}

/// A line about a limit: `semmni is full: www-data owns 120 of 128 sets (ipcs -s --owner www-data);
/// raise with: sysctl -w kernel.sem="250 32000 500 256"`.
#[must_use]
pub fn line(row: &LimitRow, holder: Option<&Holder>, commands: &Commands) -> String {
    let name = row.resource.name;
    let mut line = match row.fullness() {
        Some(share) if share.hundredths() < 10_000 => {
            format!("{name} is {}% full", share.hundredths() / 100)
        }
        _ => format!("{name} is full"),
    };
    if let Some(holder) = holder {
        line.push_str(&format!(": {} owns {}", holder.word(), amount(row, holder.used)));
        if let Some(show) = &commands.show {
            line.push_str(&format!(" ({show})"));
        }
    }
    if let Some(raise) = &commands.raise {
        line.push_str(&format!("; raise with: {raise}"));
    }
    line
}

/// A part of a limit: `120 of 128 sets`.
fn amount(row: &LimitRow, used: u64) -> String {
    match (row.resource.unit, row.limit) {
        (Unit::Count, Some(Limit::Of(limit))) => {
            format!("{used} of {limit} {}", row.resource.noun).trim_end().to_owned()
        }
        (Unit::Bytes | Unit::Pages, Some(Limit::Of(limit))) => {
            format!("{} of {}", human(used), human(limit))
        }
        _ => used.to_string(),
    }
}
