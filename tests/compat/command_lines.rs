//! The command lines of `ipcs` that are tried in every state.

/// The words of a command line.
pub type Args = Vec<String>;

/// Kinds in several orders; the order of the sections is always the same.
const KINDS: &[&str] = &["", "-m", "-q", "-s", "-a", "-s -q", "-m -s", "-mq", "-sqm"];

const VIEWS: &[&str] = &["", "-t", "-p", "-c", "-l", "-u"];

const UNITS: &[&str] = &["", "-b", "--human"];

/// Long names, abbreviations, clusters, repetitions, and options that override each
/// other.
const SPELLINGS: &[&str] = &[
    "--all",
    "--a -c",
    "--sem --a",
    "--qu --p --b",
    "--shmems",
    "--queues",
    "--semaphores",
    "--shm",
    "--sh",
    "--q",
    "--sem",
    "--se",
    "--time",
    "--pid",
    "--creator",
    "--limits",
    "--summary",
    "--t",
    "--p",
    "--c",
    "--cr",
    "--l",
    "--lim",
    "--su",
    "--sum",
    "--bytes --summary",
    "--b -l",
    "--hu -l",
    "--hum -m",
    "--human --limits",
    "--al --ti",
    "-mt",
    "-mtb",
    "-btm",
    "-mtp",
    "-mpt",
    "-tpcl",
    "-lcpt",
    "-ul",
    "-lu",
    "-t -p -c",
    "-c -t",
    "-m -p -t",
    "-t -m -p",
    "-p -t -s",
    "-u -c -q",
    "-c -u -q",
    "-b --human",
    "--human -b",
    "--human -b -u",
    "-b --human -l",
    "-b -b -m",
    "--human -mmm",
    "-aa",
    "-am",
    "-ma",
    "-qa -c",
    "-t -t",
    "-mqsa",
    "--",
    "-m --",
    "-t --shm --",
    "--summary --shmems --bytes",
    "-l --human -s",
    "-q -l -b",
];

/// Every kind with every view and unit, and the spellings.
pub fn all() -> Vec<Args> {
    let mut lines = Vec::new();
    for kind in KINDS {
        for view in VIEWS {
            for unit in UNITS {
                lines.push(format!("{kind} {view} {unit}"));
            }
        }
    }
    // Also the unit and the view before the kind.
    for view in VIEWS {
        for unit in UNITS {
            lines.push(format!("{unit} {view} -s -m"));
        }
    }
    lines.extend(SPELLINGS.iter().map(|line| (*line).to_owned()));
    lines.iter().map(|line| split(line)).collect()
}

/// Every view and unit for all kinds, for states that are slow to list.
pub fn few() -> Vec<Args> {
    let mut lines = Vec::new();
    for view in VIEWS {
        for unit in UNITS {
            lines.push(split(&format!("{view} {unit}")));
        }
    }
    lines
}

/// The command lines that show times.
pub fn with_times() -> Vec<Args> {
    ["-t", "-m -t", "-q -t", "-s -t", "-at --human"].map(split).into()
}

/// Every way to ask for the details of one object; `kind` is the letter of an option.
pub fn details(kind: char, id: i32) -> Vec<Args> {
    let long = match kind {
        'm' => "--shmems",
        'q' => "--queues",
        _ => "--semaphores",
    };
    [
        format!("-{kind} -i {id}"),
        format!("-{kind} -i{id}"),
        format!("-{kind}i{id}"),
        format!("-{kind}i {id}"),
        format!("-i {id} -{kind}"),
        format!("-i{id} -{kind} -b"),
        format!("-{kind} --id={id}"),
        format!("{long} --id {id}"),
        format!("--i={id} {long}"),
        format!("-{kind} --id={id} --human"),
        format!("-b --human -{kind} -i {id}"),
        format!("--human -b -{kind} -i {id}"),
        format!("-{kind} -i {id} -t"),
        format!("-l -{kind} -i {id}"),
        format!("-{kind} -u -i {id} -p -c"),
        format!("-{kind} -i 12345 -i {id}"),
        format!("-{kind}{kind} -i {id} --"),
        format!("-{kind} -i +{id}"),
        format!("-{kind} -i 00{id}"),
    ]
    .iter()
    .map(|line| split(line))
    // White space before a number, which splitting would remove.
    .chain([
        vec![format!("-{kind}"), "-i".into(), format!("  {id}")],
        vec![format!("-{kind}"), format!("--id=\t{id}")],
        vec![format!("-{kind}"), format!("-i \n+{id}")],
    ])
    .collect()
}

fn split(line: &str) -> Args {
    line.split_whitespace().map(str::to_owned).collect()
}
