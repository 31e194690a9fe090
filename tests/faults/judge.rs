//! What a run with a failing call may answer, given the answer of the run without.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::{GAPS, difference, documents, is_of, same, within};
use super::exceptions::{Failure, is_accepted, is_excused, is_incomparable};
use super::lines::Line;
use super::scene::{Scene, name, objects};
use crate::support::programs::Outcome;

/// What a run printed and did.
#[derive(Clone, Debug)]
pub struct Answer {
    pub run: Outcome,
    /// The outputs, with the numbers that all scenes have.
    pub out: String,
    pub err: String,
    /// Objects that it removed or changed, as `shm3 KEY ...`.
    pub removed: BTreeSet<String>,
    /// Objects that it made or changed.
    pub made: BTreeSet<String>,
}

impl Answer {
    pub fn new(run: Outcome, scene: &Scene, before: &BTreeSet<String>) -> Answer {
        let after = objects();
        let text = |bytes: &[u8]| scene.normalise(&String::from_utf8_lossy(bytes));
        Answer {
            out: text(&run.stdout),
            err: text(&run.stderr),
            removed: before.difference(&after).cloned().collect(),
            made: after.difference(before).cloned().collect(),
            run,
        }
    }

    /// Whether it says that it leaves objects that it was to remove.
    fn keeps(&self) -> bool {
        let text = format!("{}{}", self.out, self.err);
        let words =
            ["kept ", "kept: ", "would keep", "may be in use", "may come back", "already gone"];
        words.iter().any(|word| text.contains(word))
            || text.contains("\"unsure\":") && !text.contains("\"unsure\":0")
            || text.contains("\"kept\":[{")
    }

    fn names(objects: &BTreeSet<String>) -> BTreeSet<&str> {
        objects.iter().map(|object| name(object)).collect()
    }
}

/// A violation: its kind, and what is wrong.
pub type Violation = (&'static str, String);

/// Judges the answer of a run in which these calls failed.
pub fn judge(
    line: &Line,
    failed: &[String],
    error: &str,
    clean: &Answer,
    answer: &Answer,
) -> Vec<Violation> {
    if let Some(crash) = crash(answer) {
        return vec![crash];
    }
    let failure = Failure {
        of_write: failed.iter().any(|failed| failed.starts_with("write(N")),
        vanished: error == "ENOENT" && failed.iter().any(|failed| is_of_process(failed)),
        not_permitted: ["EPERM", "EACCES"].contains(&error),
        failed,
    };
    let mut found = violations(line, failure, clean, answer);
    found.retain(|(kind, _)| !is_accepted(line, failure, kind));
    found
}

fn violations(
    line: &Line,
    failure: Failure<'_>,
    clean: &Answer,
    answer: &Answer,
) -> Vec<Violation> {
    let mut found = Vec::new();
    state(clean, answer, &mut found);
    if is_incomparable(line, failure) {
        return found;
    }
    let nothing = answer.run.status == Some(1) && answer.out.is_empty();
    if failure.of_write && answer.run.status == Some(1) && clean.out.starts_with(&answer.out) {
        return found;
    }
    if nothing && answer.err.is_empty() && !failure.of_write {
        found.push(("silent failure", "exit 1 without a word".to_owned()));
    }
    if !nothing {
        output(line, clean, answer, &mut found);
        status(line, failure, clean, answer, &mut found);
    }
    found
}

/// Judges no values: whether the run ends, its document is valid, and it does no harm.
pub fn sound(line: &Line, clean: &Answer, answer: &Answer) -> Vec<Violation> {
    let mut found: Vec<Violation> = crash(answer).into_iter().collect();
    state(clean, answer, &mut found);
    if answer.run.status == Some(1) && answer.err.is_empty() {
        found.push(("silent failure", "exit 1 without a word".to_owned()));
    }
    if line.json()
        && let Err(error) = documents(&answer.out)
    {
        found.push(("invalid json", error));
    }
    found
}

fn is_of_process(signature: &str) -> bool {
    ["/proc/N", "/proc/LIVE"].iter().any(|process| signature.contains(process))
}

fn crash(answer: &Answer) -> Option<Violation> {
    let Outcome { status, signal, timed_out, .. } = &answer.run;
    // timeout ends itself as it ends the program.
    if *timed_out || *signal == Some(9) || *status == Some(137) {
        return Some(("hang", "no end within the deadline".to_owned()));
    }
    if !matches!(status, Some(0 | 1)) {
        return Some(("crash", answer.run.end()));
    }
    let panicked = answer.err.contains("panicked") || answer.err.contains("RUST_BACKTRACE");
    panicked.then(|| ("crash", "a panic".to_owned()))
}

/// What it removed and made.
fn state(clean: &Answer, answer: &Answer, found: &mut Vec<Violation>) {
    let (removed, named) = (Answer::names(&answer.removed), Answer::names(&clean.removed));
    let excess: Vec<_> = removed.difference(&named).collect();
    if !excess.is_empty() {
        found.push(("wrong removal", format!("removed {excess:?}")));
    }
    let excess: Vec<_> =
        Answer::names(&answer.made).difference(&Answer::names(&clean.made)).copied().collect();
    if !excess.is_empty() {
        found.push(("wrong object", format!("made {excess:?}")));
    }
    let lacks = removed != named || Answer::names(&answer.made) != Answer::names(&clean.made);
    if lacks && answer.run.status == Some(0) && !answer.keeps() {
        let rest: Vec<_> = named.difference(&removed).collect();
        found.push(("left undone", format!("exit 0, and {rest:?} is left without a word")));
    }
}

/// What it printed.
fn output(line: &Line, clean: &Answer, answer: &Answer, found: &mut Vec<Violation>) {
    if line.json() {
        for (kind, text) in [("answer", &answer.out), ("clean run", &clean.out)] {
            if let Err(error) = documents(text) {
                found.push(("invalid json", format!("{kind}: {error}")));
                return;
            }
        }
        let (Ok(expected), Ok(got)) = (documents(&clean.out), documents(&answer.out)) else {
            return;
        };
        let (expected, got) = (Value::Array(expected), Value::Array(got));
        match line.program {
            "ipcs" => {
                if let Err(wrong) = within("", &got, &expected) {
                    found.push(("false list", wrong));
                }
            }
            _ => report(&got, answer, found),
        }
    } else if line.program == "ipcs" {
        for wrong in answer.out.lines().filter(|line| !is_of(line, &clean.out)) {
            found.push(("false list", format!("line {wrong:?}")));
        }
    } else {
        for wrong in answer.out.lines().filter(|line| is_outcome(line) && !is_of(line, &clean.out))
        {
            found.push(("false report", format!("line {wrong:?}")));
        }
    }
}

/// Whether `ipcrm` and `ipcmk` say what they did.
fn report(got: &Value, answer: &Answer, found: &mut Vec<Violation>) {
    for (key, objects) in [("removed", &answer.removed), ("created", &answer.made)] {
        let Some(list) = got[0][key].as_array() else { continue };
        let said: BTreeSet<String> = list
            .iter()
            .map(|object| format!("{}{}", object["kind"].as_str().unwrap_or("?"), object["id"]))
            .collect();
        let done: BTreeSet<String> = objects.iter().map(|object| name(object).to_owned()).collect();
        // The kernel lets a marked segment be removed again.
        let said = said.into_iter().filter(|name| name != "shm3").collect();
        if done != said {
            found.push(("false report", format!("{key} {done:?}, reported {said:?}")));
        }
    }
}

fn is_outcome(line: &str) -> bool {
    ["would remove segment", "would remove queue", "would remove sem", "removed seg", "removed sem"]
        .iter()
        .any(|begin| line.starts_with(begin))
}

/// Whether the status and the messages fit the output. `failure` is what failed.
fn status(
    line: &Line,
    failure: Failure<'_>,
    clean: &Answer,
    answer: &Answer,
    found: &mut Vec<Violation>,
) {
    let same_out = same(&clean.out, &answer.out);
    let new_lines = new_lines(clean, answer);
    if answer.run.status == Some(1) {
        if clean.run.status == Some(0) && new_lines.is_empty() && !failure.of_write {
            found.push(("silent failure", "exit 1, and no new message".to_owned()));
        }
        return;
    }
    if clean.run.status == Some(1) && !answer.keeps() {
        found.push(("false success", "exit 0 where the clean run fails".to_owned()));
    }
    if same_out && new_lines.is_empty() || line.program != "ipcs" && answer.keeps() {
        return;
    }
    let text = format!("{}\n{}", new_lines.join("\n"), answer.out);
    let explained = GAPS.iter().any(|gap| text.contains(gap) && !clean.out.contains(gap));
    let what = difference(&clean.out, &answer.out);
    let is_name = ["owner", "group", "creator", "user"].iter().any(|name| {
        what.contains(&format!(".{name} is null"))
            || what.contains(&format!("{name}_group is null"))
    });
    if is_excused(line, failure, &answer.out, &what) {
        return;
    }
    let excused = failure.not_permitted || failure.vanished;
    if !new_lines.is_empty() && !explained {
        found.push(("gap with exit 0", format!("{new_lines:?}")));
    } else if explained && !excused {
        found.push(("gap with exit 0", what));
    } else if is_name {
        found.push(("missing name", what));
    } else if !explained && !same_out && !failure.vanished {
        found.push(("missing without a word", what));
    }
}

/// The messages that the clean run does not have. Other processes come and go: their number is not
/// compared.
fn new_lines<'a>(clean: &Answer, answer: &'a Answer) -> Vec<&'a str> {
    let text = |line: &str| line.replace(|char: char| char.is_ascii_digit(), "");
    let known: Vec<String> = clean.err.lines().map(text).collect();
    answer.err.lines().filter(|line| !known.contains(&text(line))).collect()
}
