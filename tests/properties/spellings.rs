//! The same options in different spellings are the same command line.

use std::ffi::OsString;
use std::fmt::Debug;

use clap::{Arg, CommandFactory, FromArgMatches};
use ipcs::cli::ipcmk::{self, Ipcmk};
use ipcs::cli::ipcrm::{self, Ipcrm};
use ipcs::cli::ipcs::{self as listing, IpcsArgs};
use ipcs::cli::parse_in_order;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A choice of an option, of its value and of its spelling.
type Choice = (Index, Index, Index, Index);

/// What an option takes: words that its parser accepts, and some that it does not.
fn values(arg: &Arg) -> Vec<String> {
    let mut values: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    values.extend(["5", "0x10", "key,id", "x y", "=", ""].map(str::to_owned));
    values
}

/// The abbreviations of a long name that fit no other name.
fn abbreviations(name: &str, all: &[&str]) -> Vec<String> {
    let is_unique = |text: &&str| all.iter().filter(|other| other.starts_with(*text)).count() == 1;
    let starts = (1..name.len()).map(|end| &name[..end]).filter(is_unique);
    starts.chain([name]).map(str::to_owned).collect()
}

/// One option: its names, and the value that it gets.
struct Typed<'a> {
    short: Option<char>,
    long: &'a str,
    /// Its long name, or an abbreviation.
    name: String,
    value: Option<String>,
    /// The value may be left out, so it has to be glued.
    optional: bool,
    glued: bool,
}

impl<'a> Typed<'a> {
    fn new(args: &'a [Arg], (option, value, spelling, abbreviation): &Choice) -> Typed<'a> {
        let all: Vec<&str> = args.iter().filter_map(Arg::get_long).collect();
        let arg = option.get(args);
        let long = arg.get_long().expect("every option has a long name");
        let optional = arg.get_num_args().is_some_and(|count| count.min_values() == 0);
        let values = values(arg);
        Typed {
            short: arg.get_short().filter(|_| spelling.index(3) > 0),
            long,
            name: abbreviation.get(&abbreviations(long, &all)).clone(),
            value: arg.get_action().takes_values().then(|| value.get(&values).clone()),
            optional,
            glued: optional || spelling.index(5) > 2,
        }
    }

    /// The long name with the value glued to it.
    fn plain(&self) -> String {
        match &self.value {
            Some(value) => format!("--{}={value}", self.long),
            None => format!("--{}", self.long),
        }
    }

    /// Appends the option in the chosen spelling. `grows`: the last word is a cluster, and the
    /// option may join it.
    fn spell(&self, words: &mut Vec<String>, grows: bool) {
        let Some(short) = self.short else {
            match &self.value {
                Some(value) if self.glued => words.push(format!("--{}={value}", self.name)),
                value => {
                    words.push(format!("--{}", self.name));
                    words.extend(value.clone());
                }
            }
            return;
        };
        let value = self.value.as_deref();
        // Glued to a letter, an empty value would be none.
        if self.optional && value == Some("") {
            return words.push(self.plain());
        }
        let cluster = if grows { words.pop() } else { None };
        let mut word = cluster.unwrap_or("-".to_owned());
        word.push(short);
        match value.filter(|value| self.glued && !value.is_empty()) {
            Some(value) => {
                // One equals sign after the letter does not belong to an optional value.
                let equals = if self.optional && value.starts_with('=') { "=" } else { "" };
                words.push(format!("{word}{equals}{value}"));
            }
            None => {
                words.push(word);
                words.extend(self.value.clone());
            }
        }
    }
}

/// Two command lines with the same options: the first with long names and glued values.
fn command_lines(args: &[Arg], choices: &[Choice]) -> (Vec<OsString>, Vec<OsString>) {
    let (mut plain, mut other) = (vec!["program".to_owned()], vec!["program".to_owned()]);
    let mut grows = false;
    for choice in choices {
        let typed = Typed::new(args, choice);
        plain.push(typed.plain());
        typed.spell(&mut other, grows && choice.2.index(2) > 0);
        grows = typed.short.is_some() && typed.value.is_none();
    }
    let words = |line: Vec<String>| line.into_iter().map(OsString::from).collect();
    (words(plain), words(other))
}

/// What a program makes of a command line; of a bad one only that it is bad, since the message
/// quotes the spelling.
fn parsed<T: CommandFactory + FromArgMatches + Debug>(old: &[&str], argv: Vec<OsString>) -> String {
    match parse_in_order::<T>(old, &[], argv) {
        Ok(parsed) => format!("{:?}", parsed.args),
        Err(_) => "refused".to_owned(),
    }
}

fn check<T>(old: &[&str], choices: &[Choice]) -> Result<(), TestCaseError>
where
    T: CommandFactory + FromArgMatches + Debug,
{
    let args: Vec<Arg> =
        T::command().get_arguments().filter(|arg| arg.get_long().is_some()).cloned().collect();
    let (plain, other) = command_lines(&args, choices);
    let (expected, found) = (parsed::<T>(old, plain.clone()), parsed::<T>(old, other.clone()));
    prop_assert_eq!(found, expected, "{:?} and {:?}", other, plain);
    Ok(())
}

proptest! {
    #[test]
    fn every_spelling_of_options_is_parsed_alike(choices in vec(any::<Choice>(), 0..6)) {
        check::<IpcsArgs>(listing::UTIL_LINUX_OPTIONS, &choices)?;
        check::<Ipcrm>(&ipcrm::UTIL_LINUX_OPTIONS, &choices)?;
        check::<Ipcmk>(&ipcmk::UTIL_LINUX_OPTIONS, &choices)?;
    }
}
