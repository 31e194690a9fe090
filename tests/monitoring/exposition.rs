//! Reads the text format of Prometheus, and runs its programs.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::programs::{Outcome, ours};

/// The labels of a sample.
pub type Labels = BTreeMap<String, String>;

/// The samples of each metric.
#[derive(Debug, Default, PartialEq)]
pub struct Metrics(pub BTreeMap<(String, Labels), f64>);

impl Metrics {
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.0.get(&(name.to_owned(), self::labels(labels))).copied()
    }

    pub fn add(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        *self.0.entry((name.to_owned(), self::labels(labels))).or_default() += value;
    }

    /// Without the metrics with one of these names.
    pub fn without(mut self, names: &[&str]) -> Metrics {
        self.0.retain(|(name, _), _| !names.contains(&name.as_str()));
        self
    }

    /// The values of a label.
    pub fn values_of(&self, label: &str) -> Vec<&str> {
        let mut values: Vec<&str> =
            self.0.keys().filter_map(|(_, labels)| labels.get(label)).map(String::as_str).collect();
        values.sort_unstable();
        values.dedup();
        values
    }
}

fn labels(labels: &[(&str, &str)]) -> Labels {
    labels.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// Parses a text in which every metric has a help text and is a gauge, and no sample is there twice.
pub fn parse(text: &str) -> Metrics {
    let mut metrics = Metrics::default();
    let mut lines = text.lines().peekable();
    while let Some(help) = lines.next() {
        let name = help.strip_prefix("# HELP ").and_then(|rest| rest.split(' ').next());
        let name = name.unwrap_or_else(|| panic!("no help: {help:?}"));
        assert_eq!(lines.next(), Some(format!("# TYPE {name} gauge").as_str()));
        let mut count = 0;
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let rest = line.strip_prefix(name).unwrap_or_else(|| panic!("not {name}: {line:?}"));
            let (labels, value) = match rest.strip_prefix('{') {
                Some(rest) => parse_labels(rest),
                None => (Labels::new(), rest),
            };
            let value = value.strip_prefix(' ').unwrap().parse().unwrap();
            let before = metrics.0.insert((name.to_owned(), labels), value);
            assert_eq!(before, None, "twice: {line:?}");
            count += 1;
        }
        assert!(count > 0, "{name} has no value");
    }
    metrics
}

/// The labels before a brace, and what follows it.
fn parse_labels(mut rest: &str) -> (Labels, &str) {
    let mut labels = Labels::new();
    loop {
        let (name, after) = rest.split_once("=\"").unwrap();
        let (mut text, mut chars) = (String::new(), after.chars());
        loop {
            match chars.next().expect("a quotation mark") {
                '"' => break,
                '\\' => text.push(match chars.next() {
                    Some('n') => '\n',
                    Some(char @ ('\\' | '"')) => char,
                    other => panic!("escaped {other:?}"),
                }),
                char => text.push(char),
            }
        }
        assert_eq!(labels.insert(name.to_owned(), text), None, "{name}");
        rest = chars.as_str();
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (labels, rest.strip_prefix('}').unwrap()),
        }
    }
}

/// The text of `ipcs --prometheus` with these options, which must succeed without messages.
pub fn text(args: &[&str]) -> String {
    let run = ours("ipcs", ["--prometheus"].iter().chain(args)).run();
    assert_eq!((run.status, run.err()), (Some(0), ""), "{args:?}: {run:?}");
    run.out().to_owned()
}

/// What promtool says of a text: nothing.
pub fn lint(text: &str) {
    let mut promtool = Command::new("/usr/bin/promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("this test needs promtool ({error}); see README.md"));
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}\n{text}");
}

/// A usage error of ipcs: one line and the hint.
pub fn refused(args: &[&str]) -> String {
    let run: Outcome = ours("ipcs", args).run();
    assert_eq!((run.status, run.out()), (Some(1), ""), "{args:?}: {run:?}");
    let mut lines = run.err().lines();
    let line = lines.next().unwrap().to_owned();
    let hint = "Try 'ipcs --help' for more information.";
    assert_eq!((lines.next(), lines.next()), (Some(hint), None), "{args:?}: {run:?}");
    line
}
