//! The only list of the failures that the matrix does not try, and of the answers that it accepts
//! although something is missing in them, each with its reason.

use super::inject::Fault;
use super::lines::Line;

/// Calls of which no failure is tried.
const CALLS: &[(&str, &str)] = &[
    ("brk", "the C library tries mmap in its place, and cannot set up its heap without both"),
    ("rt_sigprocmask", "the C library ignores the error, or blocks all signals for good"),
    ("rt_sigreturn", "it does not return"),
    ("exit_group", "it does not return"),
    ("exit", "it does not return"),
    ("execve", "nothing runs if it fails"),
    ("restart_syscall", "it is the kernel's own"),
    ("getpid", "it cannot fail"),
    ("gettid", "it cannot fail"),
    ("getuid", "it cannot fail"),
    ("geteuid", "it cannot fail"),
    ("getgid", "it cannot fail"),
    ("getegid", "it cannot fail"),
];

/// Errors of a call that are answers, or that the kernel never returns and that end in the C library
/// or in std.
const ERRORS: &[(&str, &[&str], &str)] = &[
    ("kill", &["EPERM"], "it is an answer: the process exists and belongs to another user"),
    ("getrandom", &["EACCES", "EIO", "EMFILE", "ENOMEM", "ENOENT"], "std panics without a seed"),
    (
        "futex",
        &["EPERM", "EACCES", "ENOSYS", "EIO", "EMFILE", "ENOMEM", "ENOENT"],
        "the C library aborts: a lock that does not lock",
    ),
];

/// Files of which the C library hides a failure: it goes on without them.
const FILES: &[(&str, &str)] =
    &[("/etc/nsswitch.conf", "the C library goes on with its defaults and does not say so")];

/// Files whose names may be unreadable without a message.
const NAMES: [&str; 2] = ["(/etc/passwd)", "(/etc/group)"];

/// Calls for which ENOENT is an answer, not a failure.
const ABSENT: &[(&str, &str)] = &[
    ("(/proc/self)", "the /proc of another pid namespace has no such entry"),
    ("readlink(/proc)", "the name of the same call if the later ones fail too"),
    ("(/proc/self/syscall)", "some kernels lack the file"),
    ("(/etc/passwd)", "without the file, users have no names"),
    ("(/etc/group)", "without the file, groups have no names"),
    ("ioctl(", "the process has no other mapping"),
    ("shmget(", "no segment has this key"),
    ("msgget(", "no queue has this key"),
    ("semget(", "no set has this key"),
    ("(/proc/sysvipc/", "sandboxes hide the file, and only it has rss and swap"),
];

/// Whether a failure is left out. `directories` are the paths that the run lists, each with a `)`.
pub fn left_out(fault: &Fault, directories: &[String]) -> bool {
    let Fault { call, signature, error, lasting, .. } = fault;
    let whole = CALLS.iter().any(|(name, _)| name == call);
    let error_only = ERRORS.iter().any(|(name, errors, _)| name == call && errors.contains(error));
    // std asserts that closedir succeeds.
    let is_directory = directories.iter().any(|path| signature.ends_with(path.as_str()));
    let directory = call == "close" && (is_directory || *lasting && !directories.is_empty());
    // No call is interrupted each time that it is made again.
    let endless = *lasting && *error == "EINTR";
    let hidden = FILES.iter().any(|(path, _)| signature.contains(path));
    let absent = *error == "ENOENT" && ABSENT.iter().any(|(path, _)| signature.contains(path));
    // Numbers stand for names that the caller may not read.
    let is_permission = ["EPERM", "EACCES"].contains(error);
    let unnamed = is_permission && NAMES.iter().any(|path| signature.contains(path));
    whole || error_only || directory || endless || hidden || absent || unnamed
}

/// Whether the call that failed is a directory's close after all: other processes of the machine
/// change the numbers of calls.
pub fn is_other(signature: &str) -> bool {
    let directory = signature.ends_with("/proc)") || signature.ends_with("/task)");
    let hidden = FILES.iter().any(|(path, _)| signature.contains(path));
    signature.starts_with("close(") && directory || hidden
}

/// What is known of the calls that failed.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// A write failed: what was not written cannot be read.
    pub of_write: bool,
    /// A process looks as if it had ended.
    pub vanished: bool,
    /// It looks like the object or process of somebody else.
    pub not_permitted: bool,
    /// The calls, as `openat(/proc/N/maps)`.
    pub failed: &'a [String],
}

/// Whether a difference from the answer without a failure is accepted at exit status 0.
pub fn is_excused(line: &Line, failure: Failure<'_>, out: &str, what: &str) -> bool {
    let has = |options: &[&str]| options.iter().any(|option| line.args.contains(option));
    let calls = |name: &str| failure.failed.iter().any(|failed| failed.starts_with(name));
    let not_permitted = failure.not_permitted;
    let rules = [
        // Keys are random.
        line.program == "ipcmk" && what.contains(".key is "),
        // A filter shows only certain objects. Without permission nothing is certain.
        not_permitted && has(&["--in-use", "--unused", "--orphaned"]),
        // A set without read permission: who used it last is not known, and the columns say so.
        not_permitted
            && calls("semctl(")
            && has(&["in_use", "orphaned"])
            && out.contains("unknown"),
        // As in ps, a name in brackets stands for a command line that the caller may not read.
        not_permitted && out.contains("[integration"),
        // JSON has null for what the caller may not read.
        not_permitted && line.json() && has(&["-P"]),
        // Objects of others that the caller may not read are skipped if the kernel says so. If the
        // call fails for another reason, they are reported.
        line.nobody && out.contains("would fail: permission denied"),
    ];
    rules.contains(&true)
}

/// Whether a violation of this kind is accepted.
pub fn is_accepted(line: &Line, failure: Failure<'_>, kind: &str) -> bool {
    // If processes may not be inspected, more objects are unsure, and other ones go.
    let unsure = line.args.contains("--include-unsure");
    let rules = [
        failure.not_permitted && unsure && ["wrong removal", "left undone"].contains(&kind),
        // A process that has ended uses nothing, and nothing shows its user or command.
        failure.vanished
            && line.program == "ipcs"
            && ["false list", "missing name"].contains(&kind),
    ];
    rules.contains(&true)
}

/// Whether the output cannot be compared: if processes may not be inspected, more objects are
/// unsure, and the line selects these.
pub fn is_incomparable(line: &Line, failure: Failure<'_>) -> bool {
    failure.not_permitted && line.args.contains("--include-unsure")
}
