//! The programs in odd environments: the answer is the usual one, or the gap is named.

use std::mem::take;

use super::inject::{TIMEOUT, invocation};
use super::judge::{Answer, Violation, judge, sound};
use super::lines::Line;
use super::scene::{Scene, Users, objects};
use crate::support::namespace::{another, isolated, other_mounts, require_users};
use crate::support::programs::{Invocation, Outcome};

/// An environment: private mounts, and a change of the invocation.
pub struct Environment {
    pub name: String,
    /// What may differ from the usual answer.
    pub may: May,
    /// Run in private mounts.
    pub mounts: Box<dyn Fn(&Scene) + Sync>,
    pub change: Box<dyn Fn(Invocation) -> Invocation + Sync>,
}

/// What may differ from the usual answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct May {
    /// Names are not known.
    pub lack_names: bool,
    /// The program may not inspect processes or remove objects.
    pub lack_rights: bool,
    /// Values look different, such as times in another zone.
    pub look_different: bool,
    /// Messages cannot be written.
    pub lack_messages: bool,
    /// `rss` and `swap`, which only /proc/sysvipc has, are null.
    pub lack_resident: bool,
}

impl Environment {
    pub fn new(name: impl Into<String>) -> Environment {
        Environment {
            name: name.into(),
            may: May::default(),
            mounts: Box::new(|_| ()),
            change: Box::new(|invocation| invocation),
        }
    }

    pub fn mounts(mut self, mounts: impl Fn(&Scene) + Sync + 'static) -> Environment {
        self.mounts = Box::new(mounts);
        self
    }

    pub fn change(
        mut self,
        change: impl Fn(Invocation) -> Invocation + Sync + 'static,
    ) -> Environment {
        self.change = Box::new(change);
        self
    }

    /// Starts the programs by another one.
    pub fn through(self, words: &[&str]) -> Environment {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        self.change(move |invocation| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            invocation.through(&words)
        })
    }

    pub fn may(mut self, may: May) -> Environment {
        self.may = may;
        self
    }

    fn run(&self, line: &Line, scene: &Scene) -> Outcome {
        let run = (self.change)(invocation(line));
        other_mounts(|| {
            (self.mounts)(scene);
            run.run()
        })
    }
}

/// A program and its arguments.
type CommandLine = (&'static str, &'static str);

/// Command lines about processes.
pub const OF_PROCESSES: &[CommandLine] = &[
    ("ipcs", "-a -P"),
    ("ipcs", "-a -P --json"),
    ("ipcs", "-a --orphaned --json"),
    ("ipcs", "-m -o all --json"),
    ("ipcrm", "-n -a --orphaned"),
    ("ipcrm", "-a --orphaned --json"),
];

/// Command lines that show limits.
pub const OF_LIMITS: &[CommandLine] =
    &[("ipcs", "-l"), ("ipcs", "-l --json"), ("ipcs", "-l --table"), ("ipcs", "-u --json")];

/// Command lines of every view and format; some of `ipcrm` and `ipcmk` change objects.
pub const ALL: &[CommandLine] = &[
    ("ipcs", ""),
    ("ipcs", "-a --json"),
    ("ipcs", "-m -i 1 --json"),
    ("ipcs", "-s -i 2"),
    ("ipcs", "-q -i 0 --json"),
    ("ipcs", "-l"),
    ("ipcs", "-l --json"),
    ("ipcs", "-u"),
    ("ipcs", "-u --json"),
    ("ipcs", "--table"),
    ("ipcs", "-a -P"),
    ("ipcs", "-a -P --json"),
    ("ipcs", "-a --orphaned --json"),
    ("ipcs", "-q --in-use"),
    ("ipcs", "-m -o all --json"),
    ("ipcs", "--format jsonl"),
    ("ipcs", "-m --format csv"),
    ("ipcrm", "-n -a --json"),
    ("ipcrm", "-n -a --orphaned"),
    ("ipcrm", "-a --orphaned --json"),
    ("ipcrm", "-m 0 -q 0 -s 0"),
    ("ipcmk", "-M 1K"),
];

/// Tries command lines in each environment. Panics with all violations.
pub fn try_all(lines: &[CommandLine], environments: &[Environment]) {
    require_users("objects of the scene belong to several users");
    isolated(|| {
        let users = Users::new();
        let scene = Scene::new(users);
        let mut found = Vec::new();
        for (program, args) in lines {
            let line = Line { program, args, nobody: false };
            let mut clean = usual(&line, &scene, users);
            for environment in environments {
                let mut wrong = try_line(environment, &line, &clean, &scene, users);
                if !wrong.is_empty() {
                    // A second look: other processes come and go meanwhile.
                    clean = usual(&line, &scene, users);
                    wrong = try_line(environment, &line, &clean, &scene, users);
                }
                let what = wrong.iter().map(|(kind, what)| {
                    format!("{}: {program} {args}: {kind}: {what}", environment.name)
                });
                found.extend(what);
            }
        }
        assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
    });
}

/// Runs `body` in the scene, or in one of its own if the line changes objects.
fn within<T: Send>(
    line: &Line,
    scene: &Scene,
    users: Users,
    body: impl Fn(&Scene) -> T + Send + Sync,
) -> T {
    if line.program == "ipcs" { body(scene) } else { another(|| body(&Scene::new(users))) }
}

/// The answer in the usual environment.
fn usual(line: &Line, scene: &Scene, users: Users) -> Answer {
    within(line, scene, users, |scene| {
        let before = objects();
        Answer::new(invocation(line).run(), scene, &before)
    })
}

fn try_line(
    environment: &Environment,
    line: &Line,
    clean: &Answer,
    scene: &Scene,
    users: Users,
) -> Vec<Violation> {
    let answer = within(line, scene, users, |scene| {
        let before = objects();
        Answer::new(environment.run(line, scene), scene, &before)
    });
    let may = environment.may;
    let (mut clean, mut answer) = (clean.clone(), answer);
    if may.lack_resident {
        for answer in [&mut clean, &mut answer] {
            answer.out = ["rss", "swap"].iter().fold(take(&mut answer.out), without);
        }
    }
    let (clean, answer) = (&clean, answer);
    let mut found = if may.look_different {
        sound(line, clean, &answer)
    } else {
        judge(line, &[], if may.lack_rights { "EPERM" } else { "" }, clean, &answer)
    };
    found.retain(|(kind, _)| !(may.lack_names && *kind == "missing name"));
    found.retain(|(kind, _)| !(may.lack_messages && *kind == "silent failure"));
    for (_, what) in &mut found {
        let err: String = answer.err.chars().take(200).collect();
        what.push_str(&format!(" [{}; {err:?}]", answer.run.end()));
    }
    found
}

/// JSON without the values of a field.
fn without(json: String, field: &&str) -> String {
    let key = format!("\"{field}\":");
    let mut parts = json.split(&key);
    let first = parts.next().unwrap_or_default().to_owned();
    let value = |char: char| char.is_ascii_digit() || "nul".contains(char);
    parts.fold(first, |text, part| text + &key + "null" + part.trim_start_matches(value))
}

/// Runs a program under `timeout`, which ends what it starts too.
pub const IN_TIME: [&str; 4] = [TIMEOUT, "-s", "KILL", "10"];
