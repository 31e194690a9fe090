//! The order of rows: by values, not by their text.

use std::cmp::Ordering;

use crate::columns::{Column, OwnedRow, Shape, Value};
use crate::model::Share;
use crate::names::Names;

/// A column to sort by.
#[derive(Clone, Copy, Debug)]
pub struct SortBy {
    /// The column.
    pub column: &'static Column,
    /// Largest first.
    pub descending: bool,
}

/// What is compared: numbers as numbers, texts as texts. Absent values come last in both
/// directions.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i128),
    Share(Share),
    Text(Vec<u8>),
}

/// Sorts rows by several columns, the first one first; equal rows keep their order.
pub fn sort(rows: &mut Vec<OwnedRow>, by: &[SortBy], names: &mut Names) {
    let descending: Vec<bool> = by.iter().map(|by| by.descending).collect();
    let values = |row: &OwnedRow, names: &mut Names| {
        by.iter().map(|by| key((by.column.get)(&row.row()), names)).collect()
    };
    sort_by_keys(rows, &descending, names, values);
}

/// Gets a value of a row.
pub type Get<T> = for<'a> fn(&'a T) -> Value<'a>;

/// Sorts rows of any type by some of their values; equal rows keep their order. Each getter comes
/// with whether its largest value is first.
pub fn sort_by_values<T>(rows: &mut Vec<T>, by: &[(Get<T>, bool)], names: &mut Names) {
    let descending: Vec<bool> = by.iter().map(|(_, descending)| *descending).collect();
    let values =
        |row: &T, names: &mut Names| by.iter().map(|(get, _)| key(get(row), names)).collect();
    sort_by_keys(rows, &descending, names, values);
}

fn sort_by_keys<T>(
    rows: &mut Vec<T>,
    descending: &[bool],
    names: &mut Names,
    keys: impl Fn(&T, &mut Names) -> Vec<Option<Key>>,
) {
    if descending.is_empty() {
        return;
    }
    let mut keyed: Vec<_> = rows.drain(..).map(|row| (keys(&row, names), row)).collect();
    keyed.sort_by(|(a, _), (b, _)| {
        let compared = a.iter().zip(b).zip(descending).map(|((a, b), down)| compare(a, b, *down));
        compared.fold(Ordering::Equal, Ordering::then)
    });
    rows.extend(keyed.into_iter().map(|(_, row)| row));
}

fn compare(a: &Option<Key>, b: &Option<Key>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.cmp(a),
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn key(value: Value<'_>, names: &mut Names) -> Option<Key> {
    let number = |number: u64| Key::Number(number.into());
    let text = |text: &[u8]| Key::Text(text.into());
    Some(match value {
        Value::Null => return None,
        Value::Int(value) | Value::Time(value) => Key::Number(value.into()),
        Value::Uint(value) | Value::Bytes(value) | Value::Address(value) => number(value),
        Value::Percent(share) | Value::Bar(share) => Key::Share(share),
        // The longest time since then is the smallest time.
        Value::Since(value) => Key::Number(i128::from(value).saturating_neg()),
        Value::NoPid => number(0),
        Value::Bool(value) => number(value.into()),
        Value::Verdict(value) => number(value?.into()),
        Value::Key(key) => number(key.0.into()),
        Value::Perms(mode) | Value::Symbolic(mode) => number(mode.perms().into()),
        // A user without a name comes before all users with a name.
        Value::User(uid) => names.user(uid).map_or(number(uid.into()), text),
        Value::Group(gid) => names.group(gid).map_or(number(gid.into()), text),
        Value::Kind(kind) => text(kind.word().as_bytes()),
        Value::Words([]) => return None,
        Value::Words(words) => text(words.join(",").as_bytes()),
        Value::Text(bytes) | Value::Command(bytes) => text(bytes),
        Value::Reason(reason) => text(reason.text(&mut |uid| uid.to_string()).as_bytes()),
        Value::Word(word) => text(word.as_bytes()),
        Value::Alive(alive) => number(alive.known()?.into()),
        Value::Details(details) if matches!(details.shape(), Shape::Unknown { .. }) => return None,
        Value::Details(details) => number(details.len() as u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{self, Facts};
    use crate::model::{Body, Id, Identity, Key as ObjectKey, Kind, Mode, Msg, Object, Owner};

    fn queue(id: i32, cbytes: u64, stime: i64) -> OwnedRow {
        let object = Object {
            identity: Identity::sysv(Kind::Msg, Id(id)),
            key: Some(ObjectKey(0)),
            seq: None,
            owner: Owner::default(),
            creator: Some(Owner::default()),
            mode: Mode(0o600),
            ctime: 1,
            body: Body::Msg(Msg { cbytes, stime, ..Msg::default() }),
        };
        OwnedRow { object, facts: Facts::default() }
    }

    fn sorted(by: &[(&'static Column, bool)]) -> Vec<i32> {
        let mut rows = vec![queue(1, 10, 5), queue(2, 9, 0), queue(3, 100, 7), queue(4, 10, 5)];
        let by: Vec<_> = by
            .iter()
            .map(|(column, descending)| SortBy { column, descending: *descending })
            .collect();
        sort(&mut rows, &by, &mut Names::numeric());
        rows.iter().filter_map(|row| row.object.id()).map(|id| id.0).collect()
    }

    #[test]
    fn numbers_are_not_sorted_as_text_and_equals_keep_their_order() {
        assert_eq!(sorted(&[(&columns::CBYTES, false)]), [2, 1, 4, 3]);
        assert_eq!(sorted(&[(&columns::CBYTES, true)]), [3, 1, 4, 2]);
        assert_eq!(sorted(&[(&columns::CBYTES, true), (&columns::ID, true)]), [3, 4, 1, 2]);
    }

    #[test]
    fn absent_values_are_last_in_both_directions() {
        assert_eq!(sorted(&[(&columns::STIME, false)]), [1, 4, 3, 2]);
        assert_eq!(sorted(&[(&columns::STIME, true)]), [3, 1, 4, 2]);
    }
}
