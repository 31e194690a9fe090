//! Actors that enter namespaces through the library, as a program with one thread does.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use ipcs::namespaces::run_inside;
use ipcs::proc::ProcRoot;

use super::calls;

/// Enters a namespace some times. Answers with the results, and what has changed because of it.
pub fn visit(path: &str, times: usize) -> String {
    let namespace = File::open(path).expect("a namespace");
    let before = state();
    let results: Vec<String> = (0..times)
        .map(|at| match run_inside(&ProcRoot::default(), &namespace, || (at, namespaces())) {
            Ok((answer, inside)) => format!("{}", answer == at && inside != namespaces()),
            Err(error) => error.to_string(),
        })
        .collect();
    let after = state();
    let changes = if before == after { String::new() } else { format!(" {before} {after}") };
    let same = results.iter().all(|result| *result == results[0]);
    format!("{}{changes}", if same { results[0].clone() } else { results.join(" ") })
}

/// Enters a namespace, and never leaves it. The child process answers with its number.
pub fn visit_forever(path: &str) -> String {
    let namespace = File::open(path).expect("a namespace");
    let stay = || {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", std::process::id()).expect("answering");
        out.flush().expect("answering");
        loop {
            std::thread::park();
        }
    };
    let result: Result<(), _> = run_inside(&ProcRoot::default(), &namespace, stay);
    format!("{result:?}")
}

/// The namespaces of this thread.
fn namespaces() -> [String; 2] {
    ["ipc", "user"].map(|kind| link(format!("/proc/thread-self/ns/{kind}")))
}

fn link(path: impl AsRef<Path>) -> String {
    fs::read_link(path).expect("a link").display().to_string()
}

/// Namespaces, descriptors, and whether there are children.
fn state() -> String {
    let mut descriptors: Vec<_> = fs::read_dir("/proc/self/fd").expect("descriptors").collect();
    let count = descriptors.drain(..).count();
    format!("{:?},{count},{}", namespaces(), calls::has_children())
}
