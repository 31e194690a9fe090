//! The values of options that can be completed.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};
use ipcs::columns::COLUMNS;
use ipcs::model::Kind;

use crate::docs::Program;

/// The possible values of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// A number, a size or a key, for which nothing is offered.
    Free,
    /// One of these words.
    One(Vec<&'static str>),
    /// A comma list of columns. One of `signs` may precede the list, or each column if `each` is set.
    Columns { signs: &'static str, each: bool, all: bool },
    /// A comma-separated list of users.
    Users,
    /// A comma-separated list of groups.
    Groups,
}

/// An option that takes a value.
#[derive(Clone, Debug)]
pub struct Valued {
    pub long: &'static str,
    pub short: Option<char>,
    pub words: Words,
    /// The value is optional and therefore must be joined to the option.
    pub optional: bool,
}

/// Returns the kind words.
pub fn kinds() -> Vec<&'static str> {
    let mut words: Vec<_> = Kind::CLASSIC_ORDER.iter().map(|kind| kind.word()).collect();
    words.sort();
    words
}

/// The names of the columns and their help.
pub fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    COLUMNS.iter().map(|column| (column.name, column.help))
}

/// Returns all options that take a value.
pub fn options(program: &Program) -> Vec<Valued> {
    let mut command = (program.command)();
    command.build();
    let options = command.get_opts().filter(|option| !option.is_hide_set());
    options
        .map(|option| Valued {
            long: forever(option.get_long().expect("every option has a long name")),
            words: words(program, option),
            short: option.get_short(),
            optional: is_optional(option),
        })
        .collect()
}

/// clap needs names that live as long as the program.
fn forever(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn is_optional(option: &Arg) -> bool {
    option.get_num_args().is_some_and(|count| count.min_values() == 0)
}

fn words(program: &Program, option: &Arg) -> Words {
    let possible = option.get_possible_values();
    if !possible.is_empty() {
        let shown = possible.iter().filter(|value| !value.is_hide_set());
        return Words::One(shown.map(|value| forever(value.get_name())).collect());
    }
    // Our own parsers read these values, so the definitions do not list them.
    match (program.name, option.get_long().unwrap_or_default()) {
        ("ipcs", "output") => Words::Columns { signs: "+", each: false, all: true },
        ("ipcs", "sort") => Words::Columns { signs: "-", each: true, all: false },
        (_, "owner" | "created-by") => Words::Users,
        (_, "group") => Words::Groups,
        ("ipcrm", "all") => Words::One(kinds()),
        _ => Words::Free,
    }
}

/// The command for clap_complete, without hidden operands and with the known words. `list` returns
/// the placeholder for a comma list, which is later replaced in the script.
pub fn command(program: &Program, list: fn(&Valued) -> Option<&'static str>) -> Command {
    let options = options(program);
    let source = (program.command)();
    let arguments = source.get_arguments().filter(|argument| !argument.is_hide_set()).cloned();
    let arguments = arguments.map(|argument| {
        if argument.is_positional() {
            assert_eq!(program.name, "ipcrm", "no other program takes operands");
            return argument.value_parser(PossibleValuesParser::new(kinds()));
        }
        let long = argument.get_long().expect("every option has a long name");
        let Some(option) = options.iter().find(|option| option.long == long) else {
            return argument;
        };
        match (list(option), &option.words) {
            (Some(mark), _) => argument.value_parser(PossibleValuesParser::new([mark])),
            (None, Words::One(words)) => {
                argument.value_parser(PossibleValuesParser::new(words.clone()))
            }
            (None, _) => argument.value_hint(ValueHint::Other),
        }
    });
    Command::new(program.name).disable_help_flag(true).disable_version_flag(true).args(arguments)
}

/// The same for a shell where our code completes all values: options offer no values, and options
/// with an optional value appear as flags.
pub fn command_without_values(program: &Program) -> Command {
    let options = options(program);
    let mut command = command(program, |_| None);
    for option in options {
        command = command.mut_args(|argument| {
            if argument.get_long() != Some(option.long) {
                argument
            } else if option.optional {
                let plain = Arg::new(argument.get_id().clone()).long(option.long);
                let plain = plain.action(ArgAction::Count);
                match option.short {
                    Some(short) => plain.short(short),
                    None => plain,
                }
            } else {
                argument.value_parser(clap::value_parser!(String)).value_hint(ValueHint::Other)
            }
        });
    }
    command
}
