//! `--sort`: for lists of objects, for totals of groups, and for the list of namespaces.

use crate::cli::ipcs::IpcsArgs;
use crate::cli::{Typed, UsageError};
use crate::columns::{self, Scope};
use crate::model::Kinds;
use crate::query::SortBy;
use crate::render::groups::{GetGroup, GroupScope};
use crate::render::namespaces::{GetListed, LIST_COLUMNS};
use crate::spelling;

/// A column to sort groups by, and whether the largest value is first.
pub type SortGroupsBy = (GetGroup, bool);

/// The same for namespaces.
pub type SortNamespacesBy = (GetListed, bool);

/// The columns of `--sort` for objects.
///
/// # Errors
/// A name that is not a column of these kinds.
pub fn of_objects(args: &IpcsArgs, kinds: Kinds) -> Result<Vec<SortBy>, UsageError> {
    let namespaces = args.namespace.is_some();
    let scope = Scope { kinds, processes: true, detail: false, namespaces };
    let find =
        |name: &str| columns::find(name, scope).map_err(|error| UsageError::new(error.to_string()));
    let found = resolve(args, find)?.into_iter();
    Ok(found.map(|(column, descending)| SortBy { column, descending }).collect())
}

/// The columns of `--sort` for groups.
///
/// # Errors
/// A name that is not a column of these groups.
pub fn of_groups(args: &IpcsArgs, scope: GroupScope) -> Result<Vec<SortGroupsBy>, UsageError> {
    let columns: Vec<_> = scope.columns().map(|column| (column.name, column.get)).collect();
    let list = format!("--group-by {}", scope.by.word());
    resolve(args, |name| find(name, &columns, &list))
}

/// The columns of `--sort` for namespaces.
///
/// # Errors
/// A name that is not a column of their list.
pub fn of_namespaces(args: &IpcsArgs) -> Result<Vec<SortNamespacesBy>, UsageError> {
    let columns: Vec<_> = LIST_COLUMNS.iter().map(|column| (column.name, column.get)).collect();
    resolve(args, |name| find(name, &columns, "--list-namespaces"))
}

/// Splits the list, and finds each column.
fn resolve<C>(
    args: &IpcsArgs,
    find: impl Fn(&str) -> Result<C, UsageError>,
) -> Result<Vec<(C, bool)>, UsageError> {
    let Some(typed) = &args.sort else { return Ok(Vec::new()) };
    let list = Typed::new(typed).to_string();
    let column = |name: &str| {
        let (name, descending) = match name.strip_prefix('-') {
            Some(name) => (name, true),
            None => (name.strip_prefix('+').unwrap_or(name), false),
        };
        Ok((find(name)?, descending))
    };
    list.split(',').map(column).collect()
}

/// Finds a column by its name. `list` is the option whose columns they are.
fn find<C: Copy>(name: &str, columns: &[(&str, C)], list: &str) -> Result<C, UsageError> {
    let found = columns.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let known = || columns.iter().map(|(known, _)| *known);
    found.map(|(_, column)| *column).ok_or_else(|| {
        let near = spelling::nearest(name, known());
        let near = near.map(|near| format!("did you mean '{near}'? ")).unwrap_or_default();
        let known = known().collect::<Vec<_>>().join(", ");
        UsageError::new(format!("unknown column '{name}' of {list}; {near}columns: {known}"))
    })
}
