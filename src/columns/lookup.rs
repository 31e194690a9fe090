//! Columns by the names that people type.

use super::Needs;
use super::table::{COLUMNS, Column};
use crate::model::Kinds;
use crate::spelling;

/// A name that is not a column, or a column that the chosen kinds do not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownColumn {
    /// No column has this name.
    #[error("unknown column '{name}'{}", nearest(.name))]
    Unknown {
        /// As typed.
        name: String,
    },
    /// The column is of other kinds.
    #[error("column '{name}' belongs to {}, {} not chosen", .of.sentence(), which_are(*.of))]
    OtherKind {
        /// The column.
        name: &'static str,
        /// The kinds that have it.
        of: Kinds,
    },
    /// The column is not available in lists.
    #[error("column '{name}' needs -i")]
    OnlyDetail {
        /// The column.
        name: &'static str,
    },
    /// The column is of namespaces that were asked for.
    #[error("column '{name}' needs --namespace")]
    OnlyNamespace {
        /// The column.
        name: &'static str,
    },
    /// The text between two commas is empty.
    #[error("empty column name; --list-columns lists all columns")]
    Empty,
}

fn nearest(name: &str) -> String {
    let names = |column: &&'static Column| {
        std::iter::once(column.name).chain(column.aliases.iter().copied())
    };
    let near = spelling::nearest(name, COLUMNS.iter().flat_map(names));
    let column = |known| COLUMNS.iter().find(|column| names(column).any(|name| name == known));
    match near.and_then(|known| Some((known, column(known)?))) {
        Some((known, column)) => {
            let kinds = match column.kinds {
                Kinds::EVERYTHING => "all kinds".to_owned(),
                kinds => kinds.sentence(),
            };
            format!("; did you mean '{known}' ({kinds})? --list-columns lists all columns")
        }
        None => "; --list-columns lists all columns".to_owned(),
    }
}

fn which_are(kinds: Kinds) -> &'static str {
    if kinds.single().is_some() { "which is" } else { "which are" }
}

/// Which columns may be named.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Columns of these kinds.
    pub kinds: Kinds,
    /// Whether `all` includes the columns about processes. They may always be named.
    pub processes: bool,
    /// Whether columns of a single object (`-i`) are included.
    pub detail: bool,
    /// Whether columns of namespaces are included.
    pub namespaces: bool,
}

impl Scope {
    /// Whether `all` includes a column.
    #[must_use]
    pub fn has(self, column: &Column) -> bool {
        column.kinds.intersects(self.kinds)
            && (self.detail || !column.needs.has(Needs::SEMAPHORES))
            && (self.processes || !column.needs.has(Needs::PROCESSES))
            && (self.namespaces || !column.needs.has(Needs::PLACE))
    }
}

/// The column with a name or alias, in upper or lower case, if it is in scope.
///
/// # Errors
/// A name that is no column's, with the nearest one, and a column of other kinds or views.
pub fn find(name: &str, scope: Scope) -> Result<&'static Column, UnknownColumn> {
    if name.is_empty() {
        return Err(UnknownColumn::Empty);
    }
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    let is_alias = |column: &Column| column.aliases.iter().any(|alias| is(alias));
    let named = COLUMNS.iter().filter(|column| is(column.name));
    // Of the columns with the same name or alias, one of the chosen kinds counts.
    let all: Vec<_> = named.chain(COLUMNS.iter().filter(|column| is_alias(column))).collect();
    let chosen = all.iter().find(|column| column.kinds.intersects(scope.kinds));
    let column =
        chosen.or(all.first()).ok_or_else(|| UnknownColumn::Unknown { name: name.to_owned() })?;
    if !column.kinds.intersects(scope.kinds) {
        let of = all.iter().fold(Kinds::NONE, |of, column| of.and(column.kinds));
        // For kinds of System V, those of POSIX do not matter.
        let of_system_v = of.common(Kinds::SYSTEM_V);
        let is_system_v = scope.kinds.within(Kinds::SYSTEM_V) && !of_system_v.is_empty();
        let of = if is_system_v { of_system_v } else { of };
        return Err(UnknownColumn::OtherKind { name: column.name, of });
    }
    if column.needs.has(Needs::SEMAPHORES) && !scope.detail {
        return Err(UnknownColumn::OnlyDetail { name: column.name });
    }
    if column.needs.has(Needs::PLACE) && !scope.namespaces {
        return Err(UnknownColumn::OnlyNamespace { name: column.name });
    }
    Ok(column)
}

/// What `-o` asked for.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Whether the columns are added to those of the view.
    pub add: bool,
    /// The columns, in the order of the list. A column that was named twice is here twice.
    pub columns: Vec<&'static Column>,
}

/// Appends a column unless it is there already.
pub fn add_once(columns: &mut Vec<&'static Column>, column: &'static Column) {
    if !columns.iter().any(|known| known.name == column.name) {
        columns.push(column);
    }
}

/// Reads a comma list of columns. `all` is every column in scope; a list that begins with `+`
/// adds to those of the view.
///
/// # Errors
/// As [`find`].
pub fn parse_list(list: &str, scope: Scope) -> Result<Columns, UnknownColumn> {
    let mut columns = Columns { add: list.starts_with('+'), columns: Vec::new() };
    for name in list.split(',') {
        let name = name.strip_prefix('+').unwrap_or(name);
        if name.eq_ignore_ascii_case("all") {
            columns.columns.extend(COLUMNS.iter().copied().filter(|column| scope.has(column)));
        } else {
            let column = find(name, scope)?;
            columns.columns.push(column);
            // Another kind may have a column of its own with this name.
            let is_twin = |other: &&&Column| {
                other.name == column.name && !other.kinds.intersects(column.kinds)
            };
            columns.columns.extend(COLUMNS.iter().filter(is_twin).filter(|it| scope.has(it)));
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(kinds: Kinds) -> Scope {
        Scope { kinds, processes: false, detail: false, namespaces: false }
    }

    fn names(list: &str, kinds: Kinds) -> Vec<&'static str> {
        parse_list(list, scope(kinds)).unwrap().columns.iter().map(|column| column.name).collect()
    }

    #[test]
    fn names_are_of_any_case_and_lsipc_has_aliases() {
        assert_eq!(
            names("USEDBYTES,Msgs,cuser,SEND", Kinds::MSG),
            ["cbytes", "qnum", "creator", "stime"]
        );
        assert_eq!(names("key,KEY,id", Kinds::SYSTEM_V), ["key", "key", "id"]);
        let all = names("all", Kinds::SEM);
        assert!(all.contains(&"otime") && !all.contains(&"semaphores"), "{all:?}");
        let detail = Scope { detail: true, ..scope(Kinds::SEM) };
        let detail = parse_list("all", detail).unwrap();
        assert!(detail.columns.iter().any(|column| column.name == "semaphores"));
    }

    #[test]
    fn suggests_the_nearest_name_and_its_kind() {
        let error = |list, kinds| parse_list(list, scope(kinds)).unwrap_err().to_string();
        assert_eq!(
            error("nsem", Kinds::SYSTEM_V),
            "unknown column 'nsem'; did you mean 'nsems' (sem)? --list-columns lists all columns"
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
            error("xyzzyfoobar", Kinds::SYSTEM_V),
            "unknown column 'xyzzyfoobar'; --list-columns lists all columns"
        );
        assert_eq!(error("id,semaphores", Kinds::SYSTEM_V), "column 'semaphores' needs -i");
        let needs_namespace = "column 'namespace' needs --namespace";
        assert_eq!(error("id,namespace", Kinds::SYSTEM_V), needs_namespace);
        assert_eq!(
            error("id,", Kinds::SYSTEM_V),
            "empty column name; --list-columns lists all columns"
        );
    }
}
