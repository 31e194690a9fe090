//! Columns by the names that people type.

use super::table::{COLUMNS, Column, Needs};
use crate::model::Kinds;

/// A name that is not of a column, or not of one that the chosen kinds have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownColumn {
    /// No column has this name.
    #[error("unknown column '{name}'{}", nearest(.name))]
    Unknown {
        /// As typed.
        name: String,
    },
    /// The column is of other kinds.
    #[error("column '{name}' belongs to {of}, which is not chosen")]
    OtherKind {
        /// The column.
        name: &'static str,
        /// The kinds that have it.
        of: String,
    },
    /// Nothing stands between two commas.
    #[error("an empty column name; --list-columns shows all")]
    Empty,
}

fn nearest(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let names = COLUMNS.iter().flat_map(|column| {
        std::iter::once(column.name)
            .chain(column.aliases.iter().copied())
            .map(move |name| (name, column))
    });
    let near = names
        .map(|(known, column)| (strsim::damerau_levenshtein(&name, known), known, column))
        .min_by_key(|(distance, ..)| *distance)
        .filter(|(distance, known, _)| *distance <= known.len().max(2) / 2);
    match near {
        Some((_, known, column)) => {
            format!(
                "; the nearest is '{known}' ({}); --list-columns shows all",
                kinds_text(column.kinds)
            )
        }
        None => "; --list-columns shows all".to_owned(),
    }
}

/// `shm`, or `shm and msg`, or `all kinds`.
fn kinds_text(kinds: Kinds) -> String {
    if kinds == Kinds::ALL {
        return "all kinds".to_owned();
    }
    kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" and ")
}

/// The column with a name or alias, in upper or lower case, if one of `kinds` has it.
///
/// # Errors
/// A name that is no column's, with the nearest one, and a column of other kinds.
pub fn find(name: &str, kinds: Kinds) -> Result<&'static Column, UnknownColumn> {
    if name.is_empty() {
        return Err(UnknownColumn::Empty);
    }
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    let column = COLUMNS
        .iter()
        .find(|column| is(column.name))
        .or_else(|| COLUMNS.iter().find(|column| column.aliases.iter().any(|alias| is(alias))))
        .ok_or_else(|| UnknownColumn::Unknown { name: name.to_owned() })?;
    if column.kinds.intersects(kinds) {
        Ok(column)
    } else {
        Err(UnknownColumn::OtherKind { name: column.name, of: kinds_text(column.kinds) })
    }
}

/// What `-o` asked for.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Whether the columns come behind those of the view.
    pub add: bool,
    /// The columns, each once.
    pub columns: Vec<&'static Column>,
}

/// Reads a comma list of columns. `all` is every column that a list can have, without those that
/// take a look at the processes unless `with_processes`; a list that begins with `+` adds to those
/// of the view.
///
/// # Errors
/// As [`find`].
pub fn parse_list(list: &str, kinds: Kinds, with_processes: bool) -> Result<Chosen, UnknownColumn> {
    let mut chosen = Chosen { add: list.starts_with('+'), columns: Vec::new() };
    for name in list.split(',') {
        let name = name.strip_prefix('+').unwrap_or(name);
        if name.eq_ignore_ascii_case("all") {
            let in_list = |needs| match needs {
                Needs::Detail => false,
                Needs::Processes => with_processes,
                _ => true,
            };
            for column in COLUMNS.iter().filter(|c| c.kinds.intersects(kinds) && in_list(c.needs)) {
                push(&mut chosen.columns, column);
            }
        } else {
            push(&mut chosen.columns, find(name, kinds)?);
        }
    }
    Ok(chosen)
}

/// Appends a column that is not there yet.
pub(crate) fn push(columns: &mut Vec<&'static Column>, column: &'static Column) {
    if !columns.iter().any(|known| known.name == column.name) {
        columns.push(column);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str, kinds: Kinds) -> Vec<&'static str> {
        parse_list(list, kinds, false).unwrap().columns.iter().map(|column| column.name).collect()
    }

    #[test]
    fn names_are_of_any_case_and_lsipc_has_aliases() {
        assert_eq!(
            names("USEDBYTES,Msgs,cuser,SEND", Kinds::MSG),
            ["cbytes", "qnum", "creator", "stime"]
        );
        assert_eq!(names("key,KEY,key", Kinds::ALL), ["key"]);
        assert!(names("all", Kinds::SEM).ends_with(&["nsems", "otime"]));
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest_and_its_kind() {
        let error = |list, kinds| parse_list(list, kinds, false).unwrap_err().to_string();
        assert_eq!(
            error("nsem", Kinds::ALL),
            "unknown column 'nsem'; the nearest is 'nsems' (sem); --list-columns shows all"
        );
        assert_eq!(
            error("nattch", Kinds::SEM),
            "column 'nattch' belongs to shm, which is not chosen"
        );
        assert_eq!(
            error("xyzzyfoobar", Kinds::ALL),
            "unknown column 'xyzzyfoobar'; --list-columns shows all"
        );
        assert_eq!(error("id,", Kinds::ALL), "an empty column name; --list-columns shows all");
    }
}
