//! /proc/PID/stat (proc_pid_stat(5)) and the boot time of /proc/stat (proc_stat(5)).

use std::num::NonZeroU64;

use super::ParseError;
use super::text::{Words, decimal, lines, split_once};

/// The fields that are used of /proc/PID/stat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The process' own name: at most 15 bytes of any kind, also blanks, brackets and newlines.
    pub comm: Vec<u8>,
    /// The state's letter: `Z` is a zombie, `T` and `t` are stopped.
    pub state: u8,
    /// The parent's pid; 0 for none in this pid namespace.
    pub ppid: i32,
    /// Kernel flags of the process (include/linux/sched.h, `PF_*`).
    pub flags: u64,
    /// Threads that have not exited. More than 1 for a zombie whose other threads are still alive.
    pub num_threads: u64,
    /// Start time after boot, in units of `sysconf(_SC_CLK_TCK)` a second.
    pub starttime: u64,
}

impl Stat {
    /// Reads the file.
    ///
    /// # Errors
    /// The first field that is missing or malformed.
    pub fn parse(text: &[u8]) -> Result<Stat, ParseError> {
        // The name may contain any byte, so only the first and the last bracket delimit it.
        let mut parts = text.rsplitn(2, |b| *b == b')');
        let (after, before) = (parts.next(), parts.next().and_then(|text| split_once(text, b'(')));
        let (Some(after), Some((_, comm))) = (after, before) else {
            return Err(ParseError::Missing { field: "comm" });
        };
        let mut words = Words::new(after);
        let state = words.next("state")?.first().copied().unwrap_or(b'?');
        let ppid = words.decimal("ppid")?;
        for _ in 5..9 {
            words.next("flags")?;
        }
        let flags = words.decimal("flags")?;
        for _ in 10..20 {
            words.next("num_threads")?;
        }
        let num_threads = words.decimal("num_threads")?;
        words.next("itrealvalue")?;
        Ok(Stat {
            comm: comm.to_vec(),
            state,
            ppid,
            flags,
            num_threads,
            starttime: words.decimal("starttime")?,
        })
    }

    /// Seconds from the boot to its start, from the number of ticks in a second.
    #[must_use]
    pub fn start_seconds(&self, ticks: NonZeroU64) -> i64 {
        i64::try_from(self.starttime / ticks).unwrap_or(i64::MAX)
    }

    /// Whether it is a kernel thread, which has no memory of its own.
    #[must_use]
    pub fn is_kernel_thread(&self) -> bool {
        const PF_KTHREAD: u64 = 0x0020_0000;
        self.flags & PF_KTHREAD != 0
    }

    /// Whether it was stopped by a signal or is held by a debugger.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(self.state, b'T' | b't')
    }

    /// Whether the process has exited and its parent has not waited for it yet.
    #[must_use]
    pub fn is_zombie(&self) -> bool {
        // The first thread of a process may exit before the others: then the process is alive.
        matches!(self.state, b'Z' | b'X') && self.num_threads <= 1
    }
}

/// The boot time in seconds since the epoch: the line `btime` of /proc/stat.
///
/// # Errors
/// There is no such line, or it holds no number.
pub fn parse_btime(text: &[u8]) -> Result<i64, ParseError> {
    let line = lines(text)
        .find_map(|line| line.strip_prefix(b"btime "))
        .ok_or(ParseError::Missing { field: "btime" })?;
    decimal("btime", line.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(comm: &[u8], state: char, threads: u64, start: u64) -> Vec<u8> {
        let mut text = b"812 (".to_vec();
        text.extend_from_slice(comm);
        text.extend_from_slice(
            format!(") {state} 1 812 812 0 -1 4194304 103 0 0 0 0 0 0 0 20 0 {threads} 0 {start} 2568192 260 18446744073709551615\n")
                .as_bytes(),
        );
        text
    }

    #[test]
    fn a_name_may_hold_brackets_blanks_and_newlines() {
        let stat = Stat::parse(&line(b"a) Z 1\n(\xff b", 'S', 3, 4711)).unwrap();
        assert_eq!(stat.comm, b"a) Z 1\n(\xff b");
        assert_eq!((stat.state, stat.ppid), (b'S', 1));
        assert_eq!((stat.num_threads, stat.starttime), (3, 4711));
        assert!(!stat.is_zombie() && !stat.is_kernel_thread());
    }

    #[test]
    fn an_exited_first_thread_is_not_a_zombie() {
        assert!(Stat::parse(&line(b"x", 'Z', 1, 5)).unwrap().is_zombie());
        assert!(!Stat::parse(&line(b"x", 'Z', 2, 5)).unwrap().is_zombie());
    }

    #[test]
    fn signals_and_debuggers_stop_a_process() {
        for (state, stopped) in [('T', true), ('t', true), ('S', false), ('D', false), ('R', false)]
        {
            assert_eq!(Stat::parse(&line(b"x", state, 1, 5)).unwrap().is_stopped(), stopped);
        }
    }

    #[test]
    fn kernel_threads_have_a_flag() {
        let kernel = String::from_utf8(line(b"x", 'I', 1, 5)).unwrap();
        let kernel = kernel.replace(" 4194304 ", " 69238880 ");
        assert!(Stat::parse(kernel.as_bytes()).unwrap().is_kernel_thread());
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        assert_eq!(
            Stat::parse(b"812 (x) S 1 2").unwrap_err().to_string(),
            "field flags is missing"
        );
        assert!(Stat::parse(b")(").is_err());
        assert!(Stat::parse(b"").is_err());
    }

    #[test]
    fn the_boot_time() {
        assert_eq!(
            parse_btime(b"cpu  1 2\nctxt 5\nbtime 1795413386\nprocesses 9\n"),
            Ok(1_795_413_386)
        );
        assert!(parse_btime(b"cpu  1 2\n").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (Stat::parse(&text), parse_btime(&text));
        }

        #[test]
        fn any_name_is_read_back(
            comm in proptest::collection::vec(any::<u8>(), 0..16), start in any::<u64>(),
        ) {
            let stat = Stat::parse(&line(&comm, 'S', 1, start)).unwrap();
            prop_assert_eq!(stat.comm, comm);
            prop_assert_eq!(stat.starttime, start);
        }
    }
}
