//! The intended differences from util-linux: the manuals and the README read them here.
//!
//! `tests/differences` asserts our side of each.

/// Where this project does otherwise on purpose.
pub struct Difference {
    /// The programs whose manual has it.
    pub programs: &'static [&'static str],
    /// Where.
    pub case: &'static str,
    /// What util-linux' program does: a predicate.
    pub theirs: &'static str,
    /// What ours does: a predicate.
    pub ours: &'static str,
}

const IPCS: &[&str] = &["ipcs"];
const IPCRM: &[&str] = &["ipcrm"];
const IPCMK: &[&str] = &["ipcmk"];
const ALL: &[&str] = &["ipcs", "ipcrm", "ipcmk"];

pub const DIFFERENCES: &[Difference] = &[
    Difference {
        programs: IPCS,
        case: "`ipcs -i ID` and no such object",
        theirs: "says so and exits 0",
        ours: "says so and exits 1",
    },
    Difference {
        programs: IPCS,
        case: "`ipcs -i` with an id that is negative or no number",
        theirs: "shows the first object of the table under that id, or crashes",
        ours: "refuses it as malformed and exits 1",
    },
    Difference {
        programs: IPCS,
        case: "`ipcs -s -i ID` of a set that you may not read",
        theirs: "prints an error and nothing else",
        ours: "shows what everyone may know, a `-` in place of each value, the error, and exits 1",
    },
    Difference {
        programs: IPCS,
        case: "`ipcs -q -i ID` of a queue that you may not read",
        theirs: "shows `qbytes=0`, which is not true",
        ours: "shows the true capacity",
    },
    Difference {
        programs: IPCS,
        case: "a word that is no option (`ipcs foo`)",
        theirs: "ignores it",
        ours: "refuses it, lists nothing and exits 1",
    },
    Difference {
        programs: IPCS,
        case: "/proc/sysvipc missing, masked or empty, as in some sandboxes",
        theirs: "leaves out what you may not read, shows a wrong `cgid`, or never ends",
        ours: "asks the kernel object by object and shows everything, with the right fields",
    },
    Difference {
        programs: IPCS,
        case: "`ipcs -l` where a file of /proc/sys/kernel is masked, empty or malformed",
        theirs: "shows 0, or no limits of this kind",
        ours: "asks the kernel, and shows its limits",
    },
    Difference {
        programs: IPCS,
        case: "an object that an old kernel lists twice",
        theirs: "prints it twice",
        ours: "prints it once",
    },
    Difference {
        programs: IPCRM,
        case: "`ipcrm -a shm`, `ipcrm --all sem`: a word behind `-a`",
        theirs: "removes everything of every kind, and complains about the word afterwards",
        ours: "removes nothing, and shows the right form, `--all=shm`",
    },
    Difference {
        programs: IPCRM,
        case: "one malformed argument among good ones",
        theirs: "has removed what stood before it",
        ours: "checks the whole command line first: nothing is removed, exit 1",
    },
    Difference {
        programs: IPCRM,
        case: "ids and keys out of range, an empty id",
        theirs: "wraps them round to another object and removes that one",
        ours: "refuses them as malformed; nothing is removed",
    },
    Difference {
        programs: IPCRM,
        case: "ids in hex (`-m 0x10`)",
        theirs: "refuses them",
        ours: "takes them behind `0x`; a leading `0` alone is decimal, as ever",
    },
    Difference {
        programs: IPCRM,
        case: "keys",
        theirs: "takes any number up to 64 bits and drops the upper half",
        ours: "takes -2147483648 (as /proc prints them) to 4294967295, in any base, and nothing else",
    },
    Difference {
        programs: IPCRM,
        case: "messages about an object named by its key",
        theirs: "prints the id as if it were the key",
        ours: "prints the key as it was typed",
    },
    Difference {
        programs: IPCRM,
        case: "plain `ipcrm -a`",
        theirs: "unlinks every file of /dev/shm and every POSIX queue too, since version 2.41",
        ours: "removes System V objects only",
    },
    Difference {
        programs: IPCRM,
        case: "`ipcrm -a` and objects of yours that you may not read",
        theirs: "leaves them, says nothing and exits 0",
        ours: "removes them",
    },
    Difference {
        programs: IPCRM,
        case: "`-v`",
        theirs: "tells of the removals that stand behind it",
        ours: "tells of all of them, wherever it stands",
    },
    Difference {
        programs: IPCRM,
        case: "`-v` beside a kind word (`ipcrm shm -v 5`)",
        theirs: "takes it for an id, or refuses the command line",
        ours: "takes options before and behind a kind word; `--` ends them, and `ipcrm shm -5` is a malformed id",
    },
    Difference {
        programs: IPCRM,
        case: "`-h` or `-V` beside removals",
        theirs: "has removed what stood before it",
        ours: "removes nothing",
    },
    Difference {
        programs: IPCMK,
        case: "a random key that is taken",
        theirs: "may hand out the object of somebody else",
        ours: "draws another one: what it prints is always new",
    },
    Difference {
        programs: IPCMK,
        case: "a size with more than one digit behind the point (`ipcmk -M 1.75K`)",
        theirs: "may take the digits for something else: 2099 bytes",
        ours: "takes the size for what it says: 1792 bytes; `1.5K` is 1536 with either",
    },
    Difference {
        programs: IPCMK,
        case: "`ipcmk -p` above 7777, or negative",
        theirs: "drops what does not fit, in version 2.38: `-p -1` is 777",
        ours: "refuses it as malformed and makes nothing",
    },
    Difference {
        programs: ALL,
        case: "`-V`",
        theirs: "prints `NAME from util-linux VERSION`",
        ours: "prints `NAME VERSION`, the version of this package",
    },
    Difference {
        programs: ALL,
        case: "translations",
        theirs: "translates headings, and writes decimals as the locale does",
        ours: "writes English and a decimal point always: scripts need no `LC_ALL`",
    },
    Difference {
        programs: ALL,
        case: "output that nobody reads, or that is closed",
        theirs: "dies of a signal, complains, or does neither, by chance",
        ours: "ends quietly; any other write error is told with its reason, exit 1",
    },
];

/// The differences in the manual of a program.
pub fn of(program: &str) -> impl Iterator<Item = &'static Difference> {
    DIFFERENCES.iter().filter(move |difference| difference.programs.contains(&program))
}
