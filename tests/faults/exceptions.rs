//! What the matrix leaves out, and why. There is no other list.

use super::inject::Fault;

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

/// Failures of a call that the kernel never returns and that end in the C library or in std.
const ERRORS: &[(&str, &[&str], &str)] = &[
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

/// Calls for which ENOENT is an answer and no failure.
const ABSENT: &[(&str, &str)] = &[
    ("(/proc/self)", "the /proc of another pid namespace has no such entry"),
    ("readlink(/proc)", "the same, as it is named where later calls fail too"),
    ("(/proc/self/syscall)", "some kernels lack the file"),
    ("(/etc/passwd)", "there may be no such file, and then no user has a name"),
    ("(/etc/group)", "the same of groups"),
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
    whole || error_only || directory || endless || hidden || absent
}

/// Whether the call that failed is a directory's close after all: other processes of the machine
/// change the numbers of calls.
pub fn is_other(signature: &str) -> bool {
    let directory = signature.ends_with("/proc)") || signature.ends_with("/task)");
    let hidden = FILES.iter().any(|(path, _)| signature.contains(path));
    signature.starts_with("close(") && directory || hidden
}
