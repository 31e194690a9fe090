//! The list of intended differences from util-linux, for the manuals and docs/differences.md.
//!
//! `tests/differences` tests our side of each difference.

use std::fmt::Write as _;

use super::{check, read};

/// An intended difference from util-linux.
pub struct Difference {
    /// The programs whose manual lists it.
    pub programs: &'static [&'static str],
    /// The situation in which the programs differ.
    pub case: &'static str,
    /// What the util-linux program does, as a predicate.
    pub theirs: &'static str,
    /// What our program does, as a predicate.
    pub ours: &'static str,
}

const IPCS: &[&str] = &["ipcs"];
const IPCRM: &[&str] = &["ipcrm"];
const IPCMK: &[&str] = &["ipcmk"];
const ALL: &[&str] = &["ipcs", "ipcrm", "ipcmk"];

pub const DIFFERENCES: &[Difference] = &[
    Difference {
        programs: IPCS,
        case: "`ipcs -i ID`, and no object has this ID",
        theirs: "prints a message and exits 0",
        ours: "prints the same message and exits 1",
    },
    Difference {
        programs: IPCS,
        case: "`ipcs -i` with an ID that is negative or not a number",
        theirs: "shows the first object of the table with this ID, or crashes",
        ours: "prints an error and exits 1",
    },
    Difference {
        programs: IPCS,
        case: "`ipcs -s -i ID` for a set that you may not read",
        theirs: "prints only an error",
        ours: "shows the fields that anyone may see, prints `-` for each value, prints the error, and exits 1",
    },
    Difference {
        programs: IPCS,
        case: "`ipcs -q -i ID` for a queue that you may not read",
        theirs: "shows `qbytes=0`, which is wrong",
        ours: "shows the correct capacity",
    },
    Difference {
        programs: IPCS,
        case: "`ipcs -l`, `-u` or `-q -i`, and the kernel refuses the system calls",
        theirs: "prints that the kernel is not configured, or `qbytes=0`, and exits 0",
        ours: "prints the same text for a missing section, `qbytes=-` for an unknown capacity, and the reason, and exits 1",
    },
    Difference {
        programs: IPCS,
        case: "an operand (`ipcs foo`)",
        theirs: "ignores it",
        ours: "does the same, and prints what to type instead on standard error; with an option that util-linux does not have, it is an error",
    },
    Difference {
        programs: IPCS,
        case: "/proc/sysvipc is missing, masked, empty or other text, as in some sandboxes",
        theirs: "omits objects that you may not read, shows a wrong `cgid`, or loops forever",
        ours: "queries the kernel for each object and shows all objects, with correct fields",
    },
    Difference {
        programs: IPCS,
        case: "`ipcs -l`, and a file in /proc/sys/kernel is masked, empty or malformed",
        theirs: "shows 0, or no limits of this kind",
        ours: "gets the limits from a system call and shows them",
    },
    Difference {
        programs: IPCS,
        case: "an old kernel lists an object twice",
        theirs: "prints it twice",
        ours: "prints it once",
    },
    Difference {
        programs: IPCS,
        case: "POSIX objects",
        theirs: "does not show them (`lsipc` does, since version 2.41)",
        ours: "shows them with `--posix` or `--with-posix`",
    },
    Difference {
        programs: IPCS,
        case: "an empty or foreign file `/dev/shm/sem.x`",
        theirs: "does not show it (`lsipc` is killed by a signal)",
        ours: "shows it with `--posix`, with the status `foreign`",
    },
    Difference {
        programs: IPCRM,
        case: "no arguments",
        theirs: "exits 0 silently, before version 2.41",
        ours: "prints `bad usage` and exits 1",
    },
    Difference {
        programs: IPCRM,
        case: "a separate word after `-a` (`ipcrm -a shm`, `ipcrm --all sem`)",
        theirs: "removes all objects of all kinds, then prints an error about the word",
        ours: "removes nothing, and shows the correct form, `--all=shm`",
    },
    Difference {
        programs: IPCRM,
        case: "one malformed argument among valid ones (`ipcrm -m 7 -m bad -m 8`)",
        theirs: "removes the objects named before it",
        ours: "checks the whole command line first, removes nothing and exits 1",
    },
    Difference {
        programs: IPCRM,
        case: "operands left over (`ipcrm -m 5 6 7`)",
        theirs: "removes 5 and prints an error about 6",
        ours: "does the same, with an error for each and the form that removes all of them, `ipcrm shm 5 6 7`; with `-a`, a filter or an option that util-linux lacks, removes nothing",
    },
    Difference {
        programs: IPCRM,
        case: "a second kind word (`ipcrm sem 3 shm 4`)",
        theirs: "removes the semaphore sets 3 and 4",
        ours: "removes nothing, and shows the form `ipcrm -s 3 -m 4`",
    },
    Difference {
        programs: IPCRM,
        case: "an ID or key that is out of range, or an empty ID",
        theirs: "wraps the number around and removes another object",
        ours: "prints an error and removes nothing for it; with `-m` and similar options, it removes nothing at all",
    },
    Difference {
        programs: IPCRM,
        case: "an ID in hex (`-m 0x10`)",
        theirs: "prints an error",
        ours: "accepts it with `0x`; an ID with a leading `0` is decimal in both",
    },
    Difference {
        programs: IPCRM,
        case: "the range of keys",
        theirs: "accepts any 64-bit number and ignores its upper half",
        ours: "accepts only -2147483648 to 4294967295 (/proc prints keys as signed numbers), in any base",
    },
    Difference {
        programs: IPCRM,
        case: "error messages about an object named by its key",
        theirs: "prints the ID as if it were the key",
        ours: "prints the key as typed",
    },
    Difference {
        programs: IPCRM,
        case: "`ipcrm -a` without a kind",
        theirs: "also unlinks all files in /dev/shm and all POSIX message queues, since version 2.41",
        ours: "removes System V objects only",
    },
    Difference {
        programs: IPCRM,
        case: "a directory in /dev/shm, with `--posix-shmem` or `--all=pshm`",
        theirs: "prints `name failed: Is a directory` and ends",
        ours: "prints the same for a name and goes on; with `--all=pshm`, keeps the directory and says so",
    },
    Difference {
        programs: IPCRM,
        case: "a symbolic link, named pipe or socket in /dev/shm",
        theirs: "removes it as shared memory",
        ours: "keeps it and says what it is",
    },
    Difference {
        programs: IPCRM,
        case: "the file of a POSIX semaphore named as shared memory (`ipcrm --posix-shmem sem.x`)",
        theirs: "removes it",
        ours: "keeps it, and shows the option for semaphores",
    },
    Difference {
        programs: IPCRM,
        case: "an empty or foreign file `/dev/shm/sem.x`, and `-a` or `--all=psem`",
        theirs: "is killed by a signal",
        ours: "with `--all=psem`, keeps the file and says so; `ipcrm psem x` removes it",
    },
    Difference {
        programs: IPCRM,
        case: "the name of a POSIX message queue without the leading slash",
        theirs: "prints `name failed: Invalid argument` and ends",
        ours: "accepts it",
    },
    Difference {
        programs: IPCRM,
        case: "a name that no POSIX object can have (`.`, `a/b`)",
        theirs: "prints one of several errors, and may end",
        ours: "says that the name was not found, and goes on",
    },
    Difference {
        programs: IPCRM,
        case: "`-v` with `--all=pshm`, `pmsg` or `psem`",
        theirs: "prints each line twice",
        ours: "prints it once",
    },
    Difference {
        programs: IPCRM,
        case: "`ipcrm --all=pmsg`, and /dev/mqueue is not mounted",
        theirs: "prints a message and removes nothing",
        ours: "removes the queues, if it may; otherwise it prints the reason and exits 1",
    },
    Difference {
        programs: IPCRM,
        case: "`ipcrm -a`, and you own objects that you may not read",
        theirs: "skips them silently and exits 0",
        ours: "removes them",
    },
    Difference {
        programs: IPCRM,
        case: "`ipcrm -a`, and the call that gives the size of a table is denied",
        theirs: "says that the kernel is not configured for this kind, and ends",
        ours: "removes what /proc/sysvipc lists, or reports the error and goes on; only ENOSYS means that the kernel is not configured",
    },
    Difference {
        programs: IPCRM,
        case: "`-v`",
        theirs: "prints only the removals named after it on the command line",
        ours: "prints all removals, wherever the option is",
    },
    Difference {
        programs: IPCRM,
        case: "`-v` with a kind word (`ipcrm shm -v 5`)",
        theirs: "treats it as an ID, or rejects the command line",
        ours: "accepts options before and after a kind word; `--` ends the options, and `ipcrm shm -5` is an invalid ID",
    },
    Difference {
        programs: IPCRM,
        case: "`-h` or `-V` with objects to remove",
        theirs: "removes the objects named before it",
        ours: "removes nothing",
    },
    Difference {
        programs: IPCMK,
        case: "the random key is already in use",
        theirs: "may print the ID of an existing object of another user",
        ours: "draws another key, so the object is always new",
    },
    Difference {
        programs: IPCMK,
        case: "a limit of the kernel refuses the object",
        theirs: "prints only `Invalid argument` or `No space left on device`",
        ours: "also prints a line with the limit, its value and how much of it is used",
    },
    Difference {
        programs: IPCMK,
        case: "a size with more than one decimal place (`ipcmk -M 1.75K`)",
        theirs: "may misread the decimal places: 2099 bytes",
        ours: "reads them correctly: 1792 bytes; `1.5K` is 1536 bytes in both",
    },
    Difference {
        programs: IPCMK,
        case: "`ipcmk -p` with a mode above 7777 or below 0",
        theirs: "ignores the excess bits, in version 2.38: `-p -1` is 777",
        ours: "prints an error and creates nothing",
    },
    Difference {
        programs: IPCMK,
        case: "`ipcmk -m SIZE -n NAME`, and the name exists",
        theirs: "changes the size of the existing object, which loses the data of another program",
        ours: "prints `File exists`, and changes nothing",
    },
    Difference {
        programs: IPCMK,
        case: "`ipcmk -m`, `-s` or `-q` with `-p MODE`",
        theirs: "removes the bits of the umask from the mode",
        ours: "sets exactly this mode, as for System V objects",
    },
    Difference {
        programs: IPCMK,
        case: "`ipcmk -q -n NAME`, and the name has no slash at its beginning",
        theirs: "prints `Invalid argument`",
        ours: "adds the slash",
    },
    Difference {
        programs: &["ipcs", "ipcrm"],
        case: "`-h`",
        theirs: "prints the same text as for `--help`",
        ours: "prints the options that are used most, on one screen",
    },
    Difference {
        programs: ALL,
        case: "`-V`",
        theirs: "prints `NAME from util-linux VERSION`",
        ours: "prints `NAME VERSION`, with the version of this package",
    },
    Difference {
        programs: ALL,
        case: "translations",
        theirs: "translates headings, and uses the decimal separator of the locale",
        ours: "always prints English and a decimal point, so scripts need no `LC_ALL`",
    },
    Difference {
        programs: ALL,
        case: "the reader of the output has exited, or the output is closed",
        theirs: "may be killed by a signal, print an error, or ignore it",
        ours: "exits quietly; for any other write error, it prints the reason and exits 1",
    },
];

/// Returns the differences that belong in the manual of a program.
pub fn of(program: &str) -> impl Iterator<Item = &'static Difference> {
    DIFFERENCES.iter().filter(move |difference| difference.programs.contains(&program))
}

#[test]
fn the_table_is_up_to_date() {
    const PATH: &str = "docs/differences.md";
    let text = read(PATH);
    let head = "| where | util-linux | here |\n|---|---|---|\n";
    let (before, rest) = text.split_once(head).expect("the table of differences");
    let (_, after) = rest.split_once("\n\n").expect("the end of the table");
    let mut table = String::new();
    for Difference { case, theirs, ours, .. } in DIFFERENCES {
        let _ = writeln!(table, "| {case} | {theirs} | {ours} |");
    }
    check(PATH, &format!("{before}{head}{table}\n{after}"));
}
