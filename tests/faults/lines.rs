//! The command lines of the matrix.

/// A command line, and who runs it.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub program: &'static str,
    pub args: &'static str,
    /// Run by the user nobody.
    pub nobody: bool,
}

impl Line {
    pub fn words(&self) -> Vec<&'static str> {
        self.args.split_whitespace().collect()
    }

    /// Whether one of the words is this option.
    pub fn has(&self, option: &str) -> bool {
        self.words().contains(&option)
    }

    /// Whether the answer is one JSON document, or one in each line.
    pub fn json(&self) -> bool {
        ["--json", "-J", "json", "jsonl"].iter().any(|word| self.has(word))
    }
}

/// Lists: none of these changes an object. Ids are those of `scene`.
const IPCS: &[&str] = &[
    "",
    "-m",
    "-q",
    "-s",
    "-a -b",
    "-a --human",
    "-a -t",
    "-a -p",
    "-a -c",
    "-m -c --numeric",
    "-u",
    "-u -b",
    "-u --json",
    "-u --table",
    "-u -m --human",
    "-l",
    "-l --json",
    "-l --table",
    "-l -q --format csv",
    "-l -s --format raw",
    "-m -i 1",
    "-q -i 0",
    "-s -i 2",
    "-m -i 4 --json",
    "-q -i 2 --json",
    "-s -i 2 --json",
    "-m -i 7777",
    "-q -i 7777 --json",
    "-s -i 0 -P",
    "-m -i 3 -P --json",
    "-s -i 2 -P --json",
    "-q -i 2 -P",
    "--json",
    "--format jsonl",
    "--table",
    "--table --color always",
    "-m --format csv",
    "-q --format raw",
    "-s --format export",
    "-a -o kind,id,key,owner,perms,ctime --format csv",
    "-m -o id,rss,swap,status --format raw",
    "-m -o all --json",
    "-q -o all --format export",
    "-s -o all --format jsonl",
    "-s -o +semaphores -i 2 --json",
    "-m -o id,command,creator",
    "-a --sort -ctime,id --json",
    "-m --sort owner,-size",
    "-m --min-size 1K --json",
    "-a --max-size 1K",
    "-a --key none --json",
    "-q --full 1 --json",
    "-a --used-by 1",
    "-m --used-by 1,2 --json",
    "-a --owner root",
    "-a --created-by 0 --json",
    "-a --key 0x12",
    "-a --group root --table",
    "-a --older 0s --json",
    "-a --idle 0s",
    "-a --unused --json",
    "-m --unused",
    "-a --orphaned --json",
    "-a --orphaned",
    "-a --in-use --json",
    "-q --in-use",
    "-a --unused --include-unsure --idle 0s --json",
    "-P",
    "-m -P --table",
    "-q -P --json",
    "-s -P --json",
    "-a -P --format jsonl",
    "-m -o id,processes,attached --json",
    "-s -o id,waiting,in_use,orphaned --format csv",
    "-m --time-format full -t",
    "-a --time-format iso --table",
    "--list-columns",
    "--help",
    "--nonsense",
];

/// Lists of somebody who may not look at everything.
const IPCS_OF_NOBODY: &[&str] =
    &["", "-a --json", "-m -i 1", "-s -i 2 --json", "-u", "-l", "-m -P --json", "-a --orphaned"];

const IPCRM: &[&str] = &[
    "-n -m 0 -q 1 -s 2",
    "-n -m 1 -M 0x12 -Q 0x12 -S 0x12",
    "-n -a",
    "-n -a --json",
    "-n -a --orphaned",
    "-n -a --unused --json",
    "-n sem msg --owner root",
    "-n shm --min-size 1K --json",
    "-n -a --used-by 1 --force --json",
    "msg --full 1 --force -v",
    "-n -a --key any --max-size 1M --json",
    "-m 0 -q 0 -s 0",
    "-M 0x12 -Q 0x12 -S 0x12",
    "shm 0 1 2",
    "msg 1 3",
    "sem 3 1 77",
    "-v -m 1 -s 2",
    "-q 2 --json",
    "-m 0 -M 0x77 --ignore-missing",
    "-a",
    "-v -a",
    "--all=sem",
    "-a --json",
    "-a --orphaned",
    "-v -a --orphaned --json",
    "-a --unused",
    "shm --orphaned",
    "sem msg --unused --json",
    "-a --owner root",
    "-a --in-use --force",
    "-a --key 0x12 --force --json",
    "-a --older 0s -v",
    "msg --include-unsure --idle 0s",
    "-a --include-unsure --idle 0s --json",
    "sem --created-by 0 --include-unsure --idle 0s -v",
];

const IPCRM_OF_NOBODY: &[&str] = &["-a", "-m 0 -q 0 -s 0", "-n -a", "-a --orphaned --json"];

const IPCMK: &[&str] = &[
    "-M 1K",
    "-Q",
    "-S 3",
    "-M 4096 -Q -S 1 --json",
    "-Q -p 600 --key 0x99",
    "-M 100 --key 0x12",
    "-S 2 -p 0666 --json",
    "--help",
];

/// All of them.
pub fn all() -> Vec<Line> {
    let of = |program, lines: &'static [&str], nobody| {
        lines.iter().map(move |args| Line { program, args, nobody })
    };
    of("ipcs", IPCS, false)
        .chain(of("ipcs", IPCS_OF_NOBODY, true))
        .chain(of("ipcrm", IPCRM, false))
        .chain(of("ipcrm", IPCRM_OF_NOBODY, true))
        .chain(of("ipcmk", IPCMK, false))
        .collect()
}
