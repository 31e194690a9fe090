//! Lists in every format.

use std::collections::HashSet;

use ipcs::model::Kind;
use serde_json::Value;

use super::Until;
use super::churn::Leaked;
use super::stable::{KEY, LEAKER, OTHER, Row, Stable};
use crate::support::json::{document, objects};
use crate::support::programs::{Outcome, ours};

/// The options that choose a kind.
const KINDS: [(Kind, &str, &str); 3] = [
    (Kind::Shm, "-m", "key,id,uid,perms,size,nattch"),
    (Kind::Msg, "-q", "key,id,uid,perms,cbytes,qnum"),
    (Kind::Sem, "-s", "key,id,uid,perms,nsems"),
];

/// Whether a stable object must be, may be or must not be in a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Must,
    May,
    Not,
}

/// A filter, and what it does with the stable objects.
struct Filter {
    words: &'static str,
    shows: fn(&Row) -> Shown,
    /// Only stable objects pass.
    only: bool,
}

fn if_(condition: bool, then: Shown) -> Shown {
    if condition { then } else { Shown::Not }
}

static FILTERS: [Filter; 10] = [
    Filter { words: "", shows: |_| Shown::Must, only: false },
    Filter {
        words: "--in-use",
        shows: |row| if row.in_use { Shown::Must } else { Shown::May },
        only: false,
    },
    Filter { words: "--orphaned", shows: |row| if_(!row.in_use, Shown::May), only: false },
    Filter { words: "--unused", shows: |row| if_(!row.in_use, Shown::May), only: false },
    Filter { words: "--owner OTHER", shows: |row| if_(!row.in_use, Shown::Must), only: true },
    Filter { words: "--owner LEAKER", shows: |row| if_(row.in_use, Shown::Must), only: false },
    Filter { words: "--key KEY", shows: |row| if_(!row.in_use, Shown::Must), only: true },
    Filter { words: "--older 0s --sort=-id", shows: |_| Shown::Must, only: false },
    Filter { words: "--older 1h", shows: |_| Shown::Not, only: true },
    Filter { words: "--idle 1h", shows: |_| Shown::Not, only: true },
];

/// The formats of one kind, each with how its lines are taken apart.
const FORMATS: [&str; 7] = ["classic", "table", "json", "jsonl", "csv", "raw", "export"];

/// Lists until the deadline. Returns how many lists were read.
pub fn run(stable: &Stable, leaked: &Leaked, until: Until) -> usize {
    let mut count = 0;
    // The numbers of filters, formats and kinds are combined in every way.
    for step in 0.. {
        if until.is_over() {
            break;
        }
        let (kind, option, columns) = KINDS[step % KINDS.len()];
        let format = FORMATS[step % FORMATS.len()];
        let filter = &FILTERS[step / 3 % FILTERS.len()];
        list(stable, (kind, option, columns), format, filter);
        match step % 4 {
            0 => everything(stable),
            1 => with_processes(stable),
            2 => views(step / 4),
            _ => one_object(stable, leaked, step / 4),
        }
        count += 2;
    }
    count
}

fn succeeded(args: &[&str]) -> Outcome {
    let run = ours("ipcs", args).run();
    assert_eq!((run.status, run.err()), (Some(0), ""), "{args:?}: {run:?}");
    run
}

/// One kind, in one format, through one filter.
fn list(
    stable: &Stable,
    (kind, option, columns): (Kind, &str, &str),
    format: &str,
    filter: &Filter,
) {
    let words = filter.words.replace("OTHER", &OTHER.to_string());
    let words = words.replace("LEAKER", &LEAKER.to_string()).replace("KEY", &KEY.to_string());
    let mut args = vec![option, "--numeric", "--format", format];
    args.extend(words.split(' ').filter(|word| !word.is_empty()));
    if format != "classic" {
        args.extend(["-b", "-o", columns]);
    }
    let run = succeeded(&args);
    let rows = rows(format, kind, columns, &run);
    let ids: HashSet<&str> = rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "{args:?} shows an object twice: {run:?}");
    for expected in stable.of(kind) {
        let found = rows.iter().find(|row| row[1] == expected.cells[1]);
        let right = match ((filter.shows)(expected), found) {
            (Shown::Must, None) | (Shown::Not, Some(_)) => false,
            (_, None) => true,
            (_, Some(cells)) => *cells == expected.cells,
        };
        assert!(right, "{args:?}: {:?} is {found:?}: {run:?}", expected.cells);
    }
    let strange = |row: &&Vec<String>| !stable.of(kind).any(|known| known.cells[1] == row[1]);
    let strangers = rows.iter().filter(strange).count();
    assert!(!filter.only || strangers == 0, "{args:?} shows {strangers} others: {run:?}");
}

/// The cells of each object: key, id, owner, permissions without leading zeros, figures.
fn rows(format: &str, kind: Kind, columns: &str, run: &Outcome) -> Vec<Vec<String>> {
    let rows: Vec<Vec<String>> = match format {
        "json" => objects(kind.word(), run).iter().map(|row| values(row, columns)).collect(),
        "jsonl" => {
            let row = |line: &str| serde_json::from_str(line).expect("a JSON object");
            run.out().lines().map(row).map(|row: Value| values(&row, columns)).collect()
        }
        "export" => {
            let pairs = |line: &str| -> Vec<String> {
                let pairs = line.split(' ').filter_map(|pair| pair.split_once('='));
                pairs
                    .filter(|(name, _)| *name != "KIND")
                    .map(|(_, value)| value.to_owned())
                    .collect()
            };
            run.out().lines().map(pairs).collect()
        }
        _ => {
            let separator = |c: char| if format == "csv" { c == ',' } else { c == ' ' };
            let cells = |line: &str| {
                let cells = line.trim_end().split(separator).filter(|cell| !cell.is_empty());
                cells.take(columns.split(',').count()).map(str::to_owned).collect()
            };
            run.out().lines().filter(|line| line.starts_with("0x")).map(cells).collect()
        }
    };
    let plain = |mut row: Vec<String>| {
        row[3] = row[3].trim_start_matches('0').to_owned();
        row
    };
    rows.into_iter().map(plain).collect()
}

fn values(row: &Value, columns: &str) -> Vec<String> {
    let text = |name| match &row[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    columns.split(',').map(text).collect()
}

/// Every kind and every field, as JSON.
fn everything(stable: &Stable) {
    let run = succeeded(&["-J"]);
    for (kind, _, columns) in KINDS {
        let all = objects(kind.word(), &run);
        let ids: HashSet<i64> = all.iter().filter_map(|object| object["id"].as_i64()).collect();
        assert_eq!(ids.len(), all.len(), "an object is listed twice: {run:?}");
        for expected in stable.of(kind) {
            let object = all.iter().find(|object| object["id"] == expected.id);
            let object = object.unwrap_or_else(|| panic!("{:?}: {run:?}", expected.cells));
            let mut cells = values(object, columns);
            cells[3] = cells[3].trim_start_matches('0').to_owned();
            assert_eq!(cells, expected.cells);
        }
    }
}

/// Who uses the objects.
fn with_processes(stable: &Stable) {
    let run = succeeded(&["-J", "-P"]);
    for expected in stable.rows.iter().filter(|row| row.in_use) {
        let all = objects(expected.kind.word(), &run);
        let object = all.iter().find(|object| object["id"] == expected.id).expect("it exists");
        let users = if expected.kind == Kind::Shm { "attached" } else { "waiting" };
        assert_eq!((&object[users], &object["in_use"]), (&1.into(), &true.into()), "{object}");
        assert_eq!(object["orphaned"], false, "{object}");
        let processes = object["processes"].as_array().expect("an array");
        assert!(processes.iter().any(|user| user["pid"] == stable.user), "{object}");
    }
}

/// Views whose text has no row that can be compared.
fn views(step: usize) {
    let views: [&[&str]; 8] = [
        &["-P"],
        &["-P", "--table"],
        &["-t"],
        &["-p"],
        &["-c"],
        &["-u"],
        &["-P", "--format", "jsonl"],
        &["-P", "-o", "all", "--format", "export"],
    ];
    let args = views[step % views.len()];
    let run = succeeded(args);
    assert!(!run.out().is_empty(), "{args:?}");
}

/// One object by its id: a stable one is found, another one may be gone.
fn one_object(stable: &Stable, leaked: &Leaked, step: usize) {
    let known = &stable.rows[step % stable.rows.len()];
    let option = |kind| KINDS.iter().find(|(known, ..)| *known == kind).expect("a kind").1;
    let run = succeeded(&["-J", option(known.kind), "-i", &known.cells[1]]);
    assert_eq!(objects(known.kind.word(), &run).len(), 1, "{run:?}");
    let Some((kind, id)) = leaked.newest() else { return };
    let id = id.to_string();
    let run = ours("ipcs", ["-J", option(kind), "-i", &id]).run();
    let gone = format!("ipcs: id {id} not found\n");
    match run.status {
        Some(0) => assert_eq!((objects(kind.word(), &run).len(), run.err()), (1, "")),
        Some(1) => assert_eq!((objects(kind.word(), &run).len(), run.err()), (0, &*gone)),
        _ => panic!("{run:?}"),
    }
    drop(document(&run));
}
