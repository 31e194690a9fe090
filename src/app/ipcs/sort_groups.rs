//! `--sort` for totals of groups.

use crate::cli::ipcs::IpcsArgs;
use crate::cli::{Typed, UsageError};
use crate::render::groups::{GetGroup, GroupScope};
use crate::spelling;

/// A column to sort groups by, and whether the largest value is first.
pub type SortGroupsBy = (GetGroup, bool);

/// The columns of `--sort` for groups.
///
/// # Errors
/// A name that is not a column of these groups.
pub fn resolve(args: &IpcsArgs, scope: GroupScope) -> Result<Vec<SortGroupsBy>, UsageError> {
    let Some(typed) = &args.sort else { return Ok(Vec::new()) };
    let list = Typed::new(typed).to_string();
    let column = |name: &str| {
        let (name, descending) = match name.strip_prefix('-') {
            Some(name) => (name, true),
            None => (name.strip_prefix('+').unwrap_or(name), false),
        };
        let mut columns = scope.columns();
        let column = columns.find(|column| column.name.eq_ignore_ascii_case(name));
        let column = column.ok_or_else(|| unknown(name, scope))?;
        Ok((column.get, descending))
    };
    list.split(',').map(column).collect()
}

fn unknown(name: &str, scope: GroupScope) -> UsageError {
    let known: Vec<&str> = scope.columns().map(|column| column.name).collect();
    let near = spelling::nearest(name, known.iter().copied());
    let near = near.map(|near| format!("did you mean '{near}'? ")).unwrap_or_default();
    let by = scope.by.word();
    let known = known.join(", ");
    UsageError::new(format!("unknown column '{name}' of --group-by {by}; {near}columns: {known}"))
}
