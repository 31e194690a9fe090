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
    #[error("column '{name}' belongs to {}, {} not chosen", .of.words(" and ", "all kinds"), which_are(*.of))]
    OtherKind {
        /// The column.
        name: &'static str,
        /// The kinds that have it.
        of: Kinds,
    },
    /// The column is not one of lists.
    #[error("column '{name}' is only known with -i")]
    OnlyDetail {
        /// The column.
        name: &'static str,
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
            let kinds = column.kinds.words(" and ", "all kinds");
            format!("; the nearest is '{known}' ({kinds}); --list-columns shows all")
        }
        None => "; --list-columns shows all".to_owned(),
    }
}

fn which_are(kinds: Kinds) -> &'static str {
    if kinds.single().is_some() { "which is" } else { "which are" }
}

/// Which columns can be had.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Those of these kinds.
    pub kinds: Kinds,
    /// Those that take a look at the processes; named ones can always be had.
    pub processes: bool,
    /// Those of one object (`-i`).
    pub detail: bool,
}

impl Reach {
    fn has(self, column: &Column) -> bool {
        column.kinds.intersects(self.kinds)
            && match column.needs {
                Needs::Detail => self.detail,
                Needs::Processes => self.processes,
                _ => true,
            }
    }
}

/// The column with a name or alias, in upper or lower case, if it is within reach.
///
/// # Errors
/// A name that is no column's, with the nearest one, and a column of other kinds or views.
pub fn find(name: &str, reach: Reach) -> Result<&'static Column, UnknownColumn> {
    if name.is_empty() {
        return Err(UnknownColumn::Empty);
    }
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    let column = COLUMNS
        .iter()
        .find(|column| is(column.name))
        .or_else(|| COLUMNS.iter().find(|column| column.aliases.iter().any(|alias| is(alias))))
        .ok_or_else(|| UnknownColumn::Unknown { name: name.to_owned() })?;
    if !column.kinds.intersects(reach.kinds) {
        return Err(UnknownColumn::OtherKind { name: column.name, of: column.kinds });
    }
    if column.needs == Needs::Detail && !reach.detail {
        return Err(UnknownColumn::OnlyDetail { name: column.name });
    }
    Ok(column)
}

/// What `-o` asked for.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Whether the columns come behind those of the view.
    pub add: bool,
    /// The columns, each once.
    pub columns: Vec<&'static Column>,
}

/// Reads a comma list of columns. `all` is every column within reach; a list that begins with `+`
/// adds to those of the view.
///
/// # Errors
/// As [`find`].
pub fn parse_list(list: &str, reach: Reach) -> Result<Chosen, UnknownColumn> {
    let mut chosen = Chosen { add: list.starts_with('+'), columns: Vec::new() };
    for name in list.split(',') {
        let name = name.strip_prefix('+').unwrap_or(name);
        if name.eq_ignore_ascii_case("all") {
            for column in COLUMNS.iter().filter(|column| reach.has(column)) {
                push(&mut chosen.columns, column);
            }
        } else {
            push(&mut chosen.columns, find(name, reach)?);
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

    fn reach(kinds: Kinds) -> Reach {
        Reach { kinds, processes: false, detail: false }
    }

    fn names(list: &str, kinds: Kinds) -> Vec<&'static str> {
        parse_list(list, reach(kinds)).unwrap().columns.iter().map(|column| column.name).collect()
    }

    #[test]
    fn names_are_of_any_case_and_lsipc_has_aliases() {
        assert_eq!(
            names("USEDBYTES,Msgs,cuser,SEND", Kinds::MSG),
            ["cbytes", "qnum", "creator", "stime"]
        );
        assert_eq!(names("key,KEY,key", Kinds::ALL), ["key"]);
        let all = names("all", Kinds::SEM);
        assert!(all.contains(&"otime") && !all.contains(&"semaphores"), "{all:?}");
        let detail = Reach { detail: true, ..reach(Kinds::SEM) };
        let detail = parse_list("all", detail).unwrap();
        assert!(detail.columns.iter().any(|column| column.name == "semaphores"));
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest_and_its_kind() {
        let error = |list, kinds| parse_list(list, reach(kinds)).unwrap_err().to_string();
        assert_eq!(
            error("nsem", Kinds::ALL),
            "unknown column 'nsem'; the nearest is 'nsems' (sem); --list-columns shows all"
        );
        assert_eq!(
            error("nattch", Kinds::SEM),
            "column 'nattch' belongs to shm, which is not chosen"
        );
        assert_eq!(
            error("waiting", Kinds::SHM),
            "column 'waiting' belongs to msg and sem, which are not chosen"
        );
        assert_eq!(
            error("xyzzyfoobar", Kinds::ALL),
            "unknown column 'xyzzyfoobar'; --list-columns shows all"
        );
        assert_eq!(error("id,semaphores", Kinds::ALL), "column 'semaphores' is only known with -i");
        assert_eq!(error("id,", Kinds::ALL), "an empty column name; --list-columns shows all");
    }
}
