//! The times of several programs as a row of a Markdown table.

use std::time::Duration;

use crate::number;
use crate::race::{Candidate, Lap, race};
use crate::source::sources;

struct Options<'a> {
    runs: usize,
    budget: Duration,
    source: bool,
    commands: Vec<&'a [&'a str]>,
}

/// Prints the header of the table.
pub fn head() {
    println!(
        "| case | ours ms | theirs ms | times faster | CPU times faster | cat ms | ours/cat | \
         peak KiB, ours / theirs | source |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|---|");
}

/// Runs the candidates and prints their row.
pub fn print(label: &str, words: &[&str]) -> Result<(), String> {
    let options = Options::read(words)?;
    let candidates: Vec<Candidate<'_>> =
        options.commands.iter().filter_map(|words| Candidate::new(words)).collect();
    let [ours, others @ ..] = candidates.as_slice() else {
        return Err("a row needs at least one command".to_owned());
    };
    let laps = race(&candidates.iter().collect::<Vec<_>>(), options.runs, options.budget)?;
    let mut peaks = Vec::new();
    for candidate in std::iter::once(ours).chain(others.first()) {
        peaks.push(candidate.peak()?.map_or("-".to_owned(), |kib| kib.to_string()));
    }
    let peaks = peaks.join(" / ");
    let source = if options.source { sources(ours)? } else { String::new() };
    println!("| {label} | {} | {peaks} | {source} |", figures(&laps));
    Ok(())
}

/// The times of ours, theirs and cat, and their ratios; missing ones are empty.
fn figures(laps: &[Lap]) -> String {
    let wall = |at: usize| laps.get(at).map(|lap: &Lap| lap.wall);
    let cpu = |at: usize| laps.get(at).map(|lap: &Lap| lap.cpu);
    [
        wall(0).map(milliseconds),
        wall(1).map(milliseconds),
        quotient(wall(1), wall(0)),
        quotient(cpu(1), cpu(0)),
        wall(2).map(milliseconds),
        quotient(wall(0), wall(2)),
    ]
    .map(Option::unwrap_or_default)
    .join(" | ")
}

fn milliseconds(time: Duration) -> String {
    let value = time.as_secs_f64() * 1000.0;
    if value < 20.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

fn quotient(a: Option<Duration>, b: Option<Duration>) -> Option<String> {
    let quotient = a?.as_secs_f64() / b?.as_secs_f64();
    Some(if quotient < 20.0 { format!("{quotient:.2}") } else { format!("{quotient:.0}") })
}

impl<'a> Options<'a> {
    fn read(words: &'a [&'a str]) -> Result<Options<'a>, String> {
        let mut parts = words.split(|word| *word == "--");
        let mut arguments = parts.next().unwrap_or_default().iter();
        let mut options = Options {
            runs: 15,
            budget: Duration::from_secs(3),
            source: true,
            commands: parts.collect(),
        };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{option} needs a value"));
            match *option {
                "--runs" => options.runs = number(value()?)?,
                "--seconds" => options.budget = Duration::from_secs(number(value()?)?),
                "--no-source" => options.source = false,
                _ => return Err(format!("unknown option '{option}'")),
            }
        }
        Ok(options)
    }
}
