//! Checks and converts a command line with a filter.

use std::os::unix::ffi::OsStrExt;

use crate::app::filters::resolve;
use crate::cli::Typed;
use crate::cli::ipcrm::Ipcrm;
use crate::model::{Kind, Kinds};
use crate::removal::Selection;

/// Checks a command line whose first filter is `option`. `all`: the kinds of `--all`. `named`:
/// whether it also names objects.
pub fn selection(
    args: &Ipcrm,
    option: &str,
    all: Option<Kinds>,
    named: bool,
    wrong: &mut Vec<String>,
) -> Selection {
    let filter = resolve(&args.filters).unwrap_or_else(|error| {
        wrong.extend(error.lines);
        Default::default()
    });
    for (given, other) in [(args.filters.in_use, "--in-use"), (args.force, "--force")] {
        if args.filters.include_unsure && given {
            wrong.push(format!("--include-unsure cannot be used with {other}"));
        }
    }
    if named {
        wrong.push(format!("{option} cannot be used with options that name an object"));
    }
    let mut kinds = all.unwrap_or_default();
    for word in &args.operands {
        let typed = Typed::new(word);
        match Kind::from_word(word.as_bytes()) {
            Some(kind) if all.is_some() => {
                let kind = kind.word();
                wrong.push(format!(
                    "unknown argument: {kind} (a kind word cannot be used with --all; for one \
                     kind: --all={kind})"
                ));
            }
            Some(kind) => kinds.insert(kind),
            None if word.as_bytes().iter().any(u8::is_ascii_digit) => {
                wrong.push(format!("unknown argument: {typed} ({option} cannot be used with ids)"));
            }
            None if kinds.intersects(Kinds::POSIX) => {
                wrong.push(format!(
                    "unknown argument: {typed} ({option} cannot be used with names)"
                ));
            }
            None => wrong.push(format!("unknown argument: {typed}")),
        }
    }
    if args.operands.is_empty() && all.is_none() && !named {
        wrong.push(format!(
            "{option} needs a kind ('ipcrm shm|msg|sem {option} ...') or --all ('ipcrm --all \
             {option} ...')"
        ));
    }
    Selection { filter, kinds, force: args.force }
}
