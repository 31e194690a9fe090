//! Judges every cause of a question.

use serde::Serialize;

use super::advice::{self, Place};
use super::causes::{CAUSES, Cause, Gauge};
use super::failure::Failure;
use super::question::Question;
use super::readings::Readings;
use super::verdict::{State, Verdict, judge};
use crate::escape::escaped;
use crate::names::Names;

/// A cause as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the limit.
    pub limit: &'static str,
    /// Whether it applies.
    pub verdict: State,
    /// Why, in a few words.
    pub reason: String,
    /// What is limited.
    pub what: &'static str,
    /// The calls that fail.
    pub calls: &'static [&'static str],
    /// How they fail.
    pub errors: Vec<&'static str>,
    /// The limit, if it is a number.
    pub value: Option<u64>,
    /// How much of it is used.
    pub used: Option<u64>,
    /// Who has the largest part.
    pub holder: Option<Holder>,
    /// What to do.
    pub commands: Commands,
    /// What to do, or to know, in words.
    pub advice: Option<&'static str>,
}

/// The owner of the largest part of a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The user.
    pub uid: u32,
    /// The name, if the user has one.
    pub owner: Option<String>,
    /// The part.
    pub used: u64,
}

/// Commands about a cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Commands {
    /// Shows what fills the limit.
    pub show: Option<String>,
    /// Shows what could be removed.
    pub remove: Option<String>,
    /// Raises the limit.
    pub raise: Option<String>,
}

/// Judges the causes of a question: the ones that apply come first.
#[must_use]
pub fn explain(
    question: Question,
    readings: &Readings,
    place: &Place,
    names: &mut Names,
) -> Vec<Finding> {
    let mut judged: Vec<_> = question.causes().map(|it| (it, judge(it, readings))).collect();
    judged.sort_by_key(|(_, verdict)| (verdict.state, verdict.is_unlikely));
    judged
        .into_iter()
        .map(|(cause, verdict)| finding(cause, verdict, readings, place, names))
        .collect()
}

/// Who has the largest part of a limit, and what to do about it, whether it is full or not. `None`:
/// nothing counts against it.
#[must_use]
pub fn about_limit(
    limit: &str,
    readings: &Readings,
    place: &Place,
    names: &mut Names,
) -> Option<(Option<Holder>, Commands)> {
    let cause = cause_of(limit)?;
    let holder = holder(cause, readings, names);
    let verdict = judge(cause, readings);
    let commands = commands(cause, &verdict, holder.as_ref(), readings, place);
    Some((holder, commands))
}

/// The cause that is a limit of all objects together.
#[must_use]
pub fn cause_of(limit: &str) -> Option<&'static Cause> {
    let is_it = |cause: &&Cause| cause.limit == limit && matches!(cause.gauge, Gauge::Total(_));
    CAUSES.iter().find(is_it)
}

fn finding(
    cause: &Cause,
    verdict: Verdict,
    readings: &Readings,
    place: &Place,
    names: &mut Names,
) -> Finding {
    let holder = holder(cause, readings, names);
    let commands = match verdict.state {
        State::NotThis => Commands::default(),
        _ => commands(cause, &verdict, holder.as_ref(), readings, place),
    };
    Finding {
        limit: cause.limit,
        verdict: verdict.state,
        what: cause.what,
        calls: cause.calls,
        errors: cause.failures.iter().copied().map(Failure::name).collect(),
        value: verdict.limit,
        used: verdict.used,
        advice: advice::words(cause, &verdict, commands.raise.is_some()),
        reason: verdict.reason,
        holder,
        commands,
    }
}

fn holder(cause: &Cause, readings: &Readings, names: &mut Names) -> Option<Holder> {
    let Gauge::Total(_) = cause.gauge else { return None };
    let (uid, used) = readings.ipc.get(cause.limit)?.largest?;
    // A name that a terminal would not show as it is would not be typed either.
    let owner = names.user(uid).and_then(|name| str::from_utf8(name).ok());
    let owner = owner.filter(|name| escaped(name.as_bytes()) == *name).map(str::to_owned);
    Some(Holder { uid, owner, used })
}

fn commands(
    cause: &Cause,
    verdict: &Verdict,
    holder: Option<&Holder>,
    readings: &Readings,
    place: &Place,
) -> Commands {
    let owner = holder.map(Holder::word);
    Commands {
        show: advice::show(cause, owner.as_deref(), place),
        remove: owner.and_then(|owner| advice::remove(cause, &owner, place)),
        raise: advice::raise(cause, verdict, readings, place),
    }
}

impl Holder {
    /// The name, or the number of a user without one.
    #[must_use]
    pub fn word(&self) -> String {
        self.owner.clone().unwrap_or_else(|| self.uid.to_string())
    }
}
