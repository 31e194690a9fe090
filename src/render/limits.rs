//! `-l` and `-u` in the new formats: each limit with its use.

use super::{Cells, Cut, Drop, Heading, Section};
use crate::columns::{Align, Attention, Value};
use crate::model::{Limit, LimitRow, Unit};

/// The columns of a format, as indexes of [`HEADINGS`]. A table has what is used first, and a bar.
fn order(is_table: bool) -> &'static [usize] {
    if is_table { &[0, 1, 2, 4, 3, 5, 6, 7, 8] } else { &[0, 1, 2, 3, 4, 5, 6, 7] }
}

/// The headings.
#[must_use]
pub fn section(is_table: bool) -> Section {
    let place = |list: &[&str], name: &str| list.iter().position(|known| *known == name);
    let drop = |name: &str| {
        let first = place(&DROPPED_FIRST, name).map(Drop::First);
        first.or_else(|| place(&DROPPED_LAST, name).map(Drop::Last)).unwrap_or_default()
    };
    let headings = order(is_table)
        .iter()
        .map(|at| HEADINGS[*at])
        .map(|(name, align)| Heading { name, align, drop: drop(name), cut: Cut::Never })
        .collect();
    Section { kind: None, headings }
}

/// A row in the order of its format.
#[derive(Clone, Copy, Debug)]
pub struct LimitCells<'a> {
    /// The limit.
    pub row: &'a LimitRow,
    /// Whether the format is a table.
    pub is_table: bool,
}

impl Cells for LimitCells<'_> {
    fn value(&self, column: usize) -> Value<'_> {
        self.row.value(order(self.is_table)[column])
    }

    fn attention(&self, column: usize) -> Attention {
        self.row.attention(order(self.is_table)[column])
    }
}

const HEADINGS: [(&str, Align); 9] = [
    ("kind", Align::Left),
    ("resource", Align::Left),
    ("description", Align::Left),
    ("limit", Align::Right),
    ("used", Align::Right),
    ("percent", Align::Right),
    ("state", Align::Left),
    ("sysctl", Align::Left),
    ("bar", Align::Left),
];

/// Columns that matter least: the state repeats the bar.
const DROPPED_FIRST: [&str; 3] = ["bar", "description", "sysctl"];
/// The name of a resource implies its kind, and its percentage follows from the others.
const DROPPED_LAST: [&str; 2] = ["kind", "percent"];

impl Cells for LimitRow {
    fn value(&self, column: usize) -> Value<'_> {
        let resource = self.resource;
        let number = |number: Option<u64>| match resource.unit {
            Unit::Count => Value::uint(number),
            Unit::Bytes | Unit::Pages => Value::bytes(number),
        };
        match column {
            0 => Value::Kind(resource.kind),
            1 => Value::Text(resource.name.as_bytes()),
            2 => Value::Text(resource.help.as_bytes()),
            3 => match self.limit {
                Some(Limit::Below(limit)) => Value::Int(limit),
                Some(Limit::Of(limit)) => number(Some(limit)),
                None => Value::Null,
            },
            4 => number(self.used),
            5 => self.share().map_or(Value::Null, Value::Percent),
            6 => self.state().map_or(Value::Null, |state| Value::Word(state.word())),
            7 => resource.sysctl.map_or(Value::Null, |name| Value::Text(name.as_bytes())),
            _ => self.fullness().map_or(Value::Null, Value::Bar),
        }
    }

    fn attention(&self, column: usize) -> Attention {
        match column {
            5 => self.share().map_or(Attention::None, Attention::of_share),
            6 | 8 => self.fullness().map_or(Attention::None, Attention::of_share),
            _ => Attention::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Kind, KindLimits, KindUsage, Kinds, Limits, Share, ShmLimits, ShmUsage, Shown, Usage,
        limit_rows,
    };

    /// The row of shmmni.
    fn segments(limit: u64, used: u64) -> LimitRow {
        let limits = ShmLimits { shmmni: limit, shmmax: 1, shmall: 1, shmmin: 1 };
        let usage = ShmUsage {
            used_ids: used,
            shm_tot: 0,
            shm_rss: 0,
            shm_swp: 0,
            swap_attempts: 0,
            swap_successes: 0,
        };
        let limits = Limits::from([(Kind::Shm, KindLimits::Shm(limits))]);
        let usage = Usage::from([(Kind::Shm, KindUsage::Shm(usage))]);
        limit_rows(Kinds::SHM, &limits, &usage, Shown::Limits, 4096)[0]
    }

    #[test]
    fn use_of_a_limit_of_zero_is_critical_and_has_no_percentage() {
        let row = segments(0, 3);
        assert_eq!(row.value(5), Value::Null);
        assert_eq!(row.value(6), Value::Word("critical"));
        assert_eq!(row.value(8), Value::Bar(Share::FULL));
        assert_eq!(row.attention(6), Attention::Alarm);
        assert_eq!(row.attention(5), Attention::None);
        let row = segments(0, 0);
        assert_eq!([5, 6, 8].map(|column| row.value(column)), [Value::Null; 3]);
        assert_eq!(Share::of(3, 4).map(Value::Bar), Some(segments(4, 3).value(8)));
    }
}
