//! Helper of `compare.sh`: makes many objects, and measures time, peak memory and the source of a
//! listing.
//!
//! It changes the IPC namespace in which it is started; `compare.sh` makes a private one first.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for shell scripts")]

mod idle;
mod objects;
mod peak;
mod race;
mod row;
mod source;

use std::process::ExitCode;

const USAGE: &str = "usage: measure make N [UID] | clear | idle PROCESSES MAPPINGS ATTACHED | \
                     head | row LABEL [--runs N] [--seconds S] [--no-source] -- OURS -- THEIRS [-- FLOOR]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("measure: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["make", count, user @ ..] => {
            let user = user.first().map(|uid| number(uid)).transpose()?;
            let last = objects::make(number(count)?, user)?;
            println!("{last}");
            Ok(())
        }
        ["clear"] => objects::clear(),
        ["idle", processes, mappings, attached] => {
            idle::start(number(processes)?, number(mappings)?, number(attached)?)
        }
        // Started by `idle`.
        ["sleeper", mappings, segment] => idle::sleep(number(mappings)?, number(segment)?),
        ["head"] => {
            row::head();
            Ok(())
        }
        ["row", label, rest @ ..] => row::print(label, rest),
        _ => Err(USAGE.to_owned()),
    }
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("'{word}' is not a number in range\n{USAGE}"))
}
