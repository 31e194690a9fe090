//! The line of a monitoring plugin, read by the published grammar.

use crate::support::programs::{Outcome, ours};

/// One number of the performance data.
#[derive(Debug, Default, PartialEq)]
pub struct Perf {
    pub label: String,
    pub value: u64,
    pub unit: String,
    pub warn: Option<u64>,
    pub crit: Option<u64>,
    pub min: Option<u64>,
    pub max: Option<u64>,
}

/// A line of a plugin.
#[derive(Debug)]
pub struct Line {
    pub state: String,
    pub text: String,
    pub perf: Vec<Perf>,
}

/// Reads performance data as the Monitoring Plugins Development Guidelines define it:
/// `'label'=value[UOM];[warn];[crit];[min];[max]`, separated by spaces.
fn parse_perf(data: &str) -> Vec<Perf> {
    let mut all: Vec<Perf> = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('\'').expect("a quoted label");
        let (label, after) = quoted.split_once("'=").expect("a label and a value");
        assert!(!label.is_empty() && !label.contains(['=', '\'', '|', '\n']), "{label:?}");
        let (fields, next) = after.split_once(' ').unwrap_or((after, ""));
        assert!(next.is_empty() || next.starts_with('\''), "one space between numbers: {data:?}");
        rest = next;
        let fields: Vec<&str> = fields.split(';').collect();
        assert!(fields.len() <= 5, "{fields:?}");
        let digits = fields[0].trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = &fields[0][digits.len()..];
        assert!(["", "B"].contains(&unit), "{unit:?}");
        let number = |at: usize| match fields.get(at) {
            None | Some(&"") => None,
            Some(text) => {
                assert!(text.bytes().all(|byte| byte.is_ascii_digit()), "{text:?}");
                Some(text.parse().expect("64 bits"))
            }
        };
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits:?}");
        let value = digits.parse().expect("a value");
        assert!(all.iter().all(|one| one.label != label), "{label} is there twice");
        all.push(Perf {
            label: label.to_owned(),
            value,
            unit: unit.to_owned(),
            warn: number(1),
            crit: number(2),
            min: number(3),
            max: number(4),
        });
    }
    all
}

/// The parts of the one line that a check prints.
fn parse(output: &str) -> Line {
    let line = output.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains('\n'), "{output:?}");
    let (text, data) = line.split_once(" | ").unwrap_or((line, ""));
    assert!(!text.contains('|') && !data.contains('|'), "{line:?}");
    let (state, text) = text.split_once(" - ").expect("a state and a text");
    let state = state.strip_prefix("IPC ").expect("the name of the check");
    Line { state: state.to_owned(), text: text.to_owned(), perf: parse_perf(data) }
}

/// The line of a run; the exit status has to be that of the state.
pub fn line(run: &Outcome) -> Line {
    let line = parse(run.out());
    let states = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];
    let status = states.iter().position(|state| *state == line.state);
    assert_eq!(run.status, status.and_then(|it| i32::try_from(it).ok()), "{run:?}");
    assert_eq!(run.err(), "", "{run:?}");
    line
}

/// The line of `ipcs` with these arguments.
pub fn check(args: &[&str]) -> Line {
    line(&ours("ipcs", args).run())
}

/// Its state and text.
pub fn states(args: &[&str]) -> (String, String) {
    let line = check(args);
    (line.state, line.text)
}

/// The reason of a check that fails.
pub fn unknown(args: &[&str]) -> String {
    let line = check(args);
    assert_eq!(line.state, "UNKNOWN", "{args:?}: {line:?}");
    assert_eq!(line.perf, [], "{line:?}");
    line.text
}

/// Value, thresholds, minimum and maximum of a label.
pub fn numbers(line: &Line, label: &str) -> [Option<u64>; 5] {
    let found = line.perf.iter().find(|one| one.label == label);
    let one = found.unwrap_or_else(|| panic!("{label} is not in {line:?}"));
    [Some(one.value), one.warn, one.crit, one.min, one.max]
}
