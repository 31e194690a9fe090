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

/// The beginnings of a long name that are no beginning of another one.
fn abbreviations(name: &str, all: &[String]) -> Vec<String> {
    let is_unique = |text: &&str| all.iter().filter(|other| other.starts_with(*text)).count() == 1;
    let starts = (1..name.len()).map(|end| &name[..end]).filter(is_unique);
    starts.chain([name]).map(str::to_owned).collect()
}

/// Two command lines with the same options: the first with long names and glued values.
fn command_lines(args: &[Arg], choices: &[Choice]) -> (Vec<OsString>, Vec<OsString>) {
    let all: Vec<String> = args.iter().filter_map(Arg::get_long).map(str::to_owned).collect();
    let (mut plain, mut other) = (vec!["program".to_owned()], vec!["program".to_owned()]);
    // Whether the last word is a cluster that may grow.
    let mut grows = false;
    for (option, value, spelling, abbreviation) in choices {
        let arg = option.get(args);
        let long = arg.get_long().expect("every option has a long name");
        let short = arg.get_short().filter(|_| spelling.index(3) > 0);
        let takes = arg.get_action().takes_values();
        let optional = arg.get_num_args().is_some_and(|count| count.min_values() == 0);
        let values = values(arg);
        let value = takes.then(|| value.get(&values).clone());
        // An optional value is always glued.
        plain.push(match &value {
            Some(value) => format!("--{long}={value}"),
            None => format!("--{long}"),
        });
        let abbreviations = abbreviations(long, &all);
        let (mut word, is_long) = match short {
            Some(short) if grows && spelling.index(2) > 0 => {
                (other.pop().expect("a cluster") + &short.to_string(), false)
            }
            Some(short) => (format!("-{short}"), false),
            None => (format!("--{}", abbreviation.get(&abbreviations)), true),
        };
        grows = !is_long && value.is_none();
        let glued = optional || spelling.index(5) > 2;
        match value {
            Some(value) if is_long && glued => word += &format!("={value}"),
            // Glued to a letter, no value at all would be left.
            Some(value) if !is_long && glued && !value.is_empty() => {
                // One equals sign after the letter does not belong to an optional value.
                let equals = if optional && value.starts_with('=') { "=" } else { "" };
                word += &format!("{equals}{value}");
            }
            Some(value) if !optional => {
                other.push(word);
                word = value;
            }
            // An empty optional value can be given to a long name only.
            Some(value) => word = format!("--{long}={value}"),
            None => {}
        }
        other.push(word);
    }
    let words = |line: Vec<String>| line.into_iter().map(OsString::from).collect();
    (words(plain), words(other))
}

/// What a program makes of a command line; of a bad one only that it is bad, since the message
/// quotes the spelling.
fn parsed<T: CommandFactory + FromArgMatches + Debug>(old: &[&str], argv: Vec<OsString>) -> String {
    match parse_in_order::<T>(old, argv) {
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
