//! The values of options that can be completed.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, ValueHint};
use ipcs::diagnosis::{Cause, Failure};
use ipcs::model::Kind;

use crate::docs::Program;

/// The possible values of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// A number or a size, for which nothing is offered.
    Free,
    /// The name of a file.
    File,
    /// One of these words.
    One(Vec<&'static str>),
    /// What `ipcs --list-candidates` lists.
    Candidates(Candidates),
    /// A comma-separated list of users.
    Users,
    /// A comma-separated list of groups.
    Groups,
}

/// What a completion asks `ipcs` for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidates {
    /// The kind of candidates.
    pub kind: &'static str,
    /// The value is a comma list.
    pub list: bool,
    /// One of these characters may precede the list, or each part of it if `each` is set.
    pub signs: &'static str,
    pub each: bool,
}

impl Candidates {
    const fn one(kind: &'static str) -> Words {
        Words::Candidates(Candidates { kind, list: false, signs: "", each: false })
    }

    const fn list(kind: &'static str) -> Words {
        Words::Candidates(Candidates { kind, list: true, signs: "", each: false })
    }

    /// Whether the program has to know the beginning of the value, because there may be more
    /// candidates than it lists.
    pub fn may_be_many(self) -> bool {
        !self.kind.ends_with("column")
    }

    /// Whether a word that begins with `/` or `.` is the name of a file.
    pub fn may_be_file(self) -> bool {
        self.kind.ends_with("namespace")
    }
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

impl Valued {
    pub fn candidates(&self) -> Option<Candidates> {
        if let Words::Candidates(candidates) = self.words { Some(candidates) } else { None }
    }
}

/// Returns the kind words.
pub fn kinds() -> Vec<&'static str> {
    let mut words: Vec<_> = Kind::ORDER.iter().map(|kind| kind.word()).collect();
    words.sort();
    words
}

/// Returns the words that can be explained.
fn explained() -> Vec<&'static str> {
    Cause::known_calls().into_iter().chain(Failure::ALL.map(Failure::name)).collect()
}

/// The names of the filter options. With one of them, operands are kinds only.
pub fn filters(program: &Program) -> Vec<String> {
    let command = (program.command)();
    let filters = command.get_arguments().filter(|arg| arg.get_help_heading() == Some("Filters"));
    filters.map(|arg| format!("--{}", arg.get_long().expect("a long name"))).collect()
}

/// Returns all options that take a value.
pub fn options(program: &Program) -> Vec<Valued> {
    let mut command = (program.command)();
    command.build();
    let options = command.get_opts().filter(|option| !option.is_hide_set());
    options
        .map(|option| Valued {
            long: forever(option.get_long().expect("an option with a value has a long name")),
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
    let columns = |kind, signs, each| Candidates { kind, list: true, signs, each };
    // Our own parsers read these values, so the definitions do not list them.
    match (program.name, option.get_long().unwrap_or_default()) {
        ("ipcs", "output") => Words::Candidates(columns("column", "+", false)),
        ("ipcs", "sort") => Words::Candidates(columns("sort-column", "-", true)),
        ("ipcs", "id") => Candidates::one("id"),
        ("ipcs" | "ipcrm", "key") => Candidates::list("key"),
        ("ipcmk", "namespace") => Candidates::one("one-namespace"),
        (_, "namespace") => Candidates::one("namespace"),
        ("ipcs", "write") => Words::File,
        (_, "used-by") => Candidates::list("pid"),
        ("ipcrm", "shmem-id") => Candidates::one("shm"),
        ("ipcrm", "queue-id") => Candidates::one("msg"),
        ("ipcrm", "semaphore-id") => Candidates::one("sem"),
        ("ipcs", "name") => Candidates::one("name"),
        ("ipcrm", "posix-shmem") => Candidates::one("pshm"),
        ("ipcrm", "posix-mqueue") => Candidates::one("pmsg"),
        ("ipcrm", "posix-semaphore") => Candidates::one("psem"),
        ("ipcrm", "shmem-key") => Candidates::one("shm-key"),
        ("ipcrm", "queue-key") => Candidates::one("msg-key"),
        ("ipcrm", "semaphore-key") => Candidates::one("sem-key"),
        (_, "owner" | "created-by") => Words::Users,
        (_, "group") => Words::Groups,
        ("ipcrm", "all") => Words::One(kinds()),
        ("ipcs", "explain") => Words::One(explained()),
        _ => Words::Free,
    }
}

/// The command for clap_complete, without hidden arguments and with the known words. `mark` returns
/// the placeholder for values that the definitions do not list, which is later replaced in the
/// script.
pub fn command(program: &Program, mark: fn(&Valued) -> Option<String>) -> Command {
    let options = options(program);
    let source = (program.command)();
    let arguments = source.get_arguments().filter(|argument| !argument.is_hide_set()).cloned();
    let arguments = arguments.map(|argument| {
        if argument.is_positional() {
            assert_eq!(program.name, "ipcrm", "no other program takes operands");
            return argument.value_parser(PossibleValuesParser::new(["@operands"]));
        }
        let Some(option) = options.iter().find(|option| argument.get_long() == Some(option.long))
        else {
            return argument;
        };
        match (mark(option), &option.words) {
            (Some(mark), _) => argument.value_parser(PossibleValuesParser::new([forever(&mark)])),
            (None, Words::One(words)) => {
                argument.value_parser(PossibleValuesParser::new(words.clone()))
            }
            (None, Words::File) => argument.value_hint(ValueHint::FilePath),
            (None, _) => argument.value_hint(ValueHint::Other),
        }
    });
    Command::new(program.name).disable_help_flag(true).disable_version_flag(true).args(arguments)
}

/// The names of all options, as they are typed.
pub fn option_names(program: &Program) -> Vec<String> {
    let command = (program.command)();
    let arguments = command.get_arguments();
    let (mut names, mut longs) = (Vec::new(), Vec::new());
    for argument in arguments.filter(|arg| !arg.is_hide_set() && !arg.is_positional()) {
        names.extend(argument.get_short().map(|short| format!("-{short}")));
        longs.extend(argument.get_long().map(|long| format!("--{long}")));
    }
    names.extend(longs);
    names
}
