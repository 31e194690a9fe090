//! What is the same in every IPC namespace: memory, and the limits of one process.

use std::path::Path;

use crate::proc::limits::{ProcessLimit, soft_limit};
use crate::proc::meminfo::Meminfo;
use crate::proc::memory_group::{MemoryGroup, memory_group};
use crate::proc::{ProcRoot, sysctl};
use crate::sys::process::effective_capabilities;

/// CAP_IPC_LOCK (include/uapi/linux/capability.h)
const CAP_IPC_LOCK: u64 = 1 << 14;
/// A limit of cgroup v1 from which on it is none: about the largest multiple of the page size.
const NO_LIMIT: u64 = 1 << 62;

/// Memory, and limits of a process. `None`: it could not be read.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// The process whose limits are shown; `None`: the caller.
    pub pid: Option<i32>,
    /// /proc/meminfo
    pub memory: Meminfo,
    /// vm.overcommit_memory
    pub overcommit: Option<u64>,
    /// vm.max_map_count
    pub max_map_count: Option<u64>,
    /// vm.hugetlb_shm_group
    pub huge_group: Option<u64>,
    /// fs.protected_regular
    pub protected_regular: Option<u64>,
    /// /proc/PID/limits of the process.
    pub limits: Vec<u8>,
    /// Whether the process has CAP_IPC_LOCK.
    pub is_lock_capable: Option<bool>,
    /// The groups of the process.
    pub groups: Option<Vec<u32>>,
    /// The control group of the process.
    pub group: Option<GroupMemory>,
}

/// The memory of a control group, the one with the least memory left of all above the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupMemory {
    /// Bytes; `None`: unlimited.
    pub limit: Option<u64>,
    /// Bytes.
    pub used: Option<u64>,
    /// How many processes were killed because of it.
    pub killed: Option<u64>,
}

impl System {
    /// Reads everything, with the limits of a process or of the caller.
    #[must_use]
    pub fn read(proc: &ProcRoot, pid: Option<i32>) -> System {
        let of_process = pid.map_or_else(|| "self".to_owned(), |pid| pid.to_string());
        let number = |name: &str| -> Option<u64> {
            sysctl::parse_numbers::<u64>(&proc.read(name).ok()?)?.first().copied()
        };
        let status = proc.status(&of_process).ok();
        let capabilities = match pid {
            Some(_) => status.as_ref().map(|status| status.cap_eff),
            None => effective_capabilities().ok(),
        };
        System {
            pid,
            memory: proc.read("meminfo").map(|text| Meminfo::parse(&text)).unwrap_or_default(),
            overcommit: number("sys/vm/overcommit_memory"),
            max_map_count: number("sys/vm/max_map_count"),
            huge_group: number("sys/vm/hugetlb_shm_group"),
            protected_regular: number("sys/fs/protected_regular"),
            limits: proc.read(format!("{of_process}/limits")).unwrap_or_default(),
            is_lock_capable: capabilities.map(|all| all & CAP_IPC_LOCK != 0),
            groups: status.map(|status| status.gids),
            group: group(proc, &of_process),
        }
    }

    /// The soft limit of the process with this name in /proc/PID/limits.
    #[must_use]
    pub fn limit(&self, name: &str) -> Option<ProcessLimit> {
        soft_limit(&self.limits, name)
    }
}

/// The control group of a process that has the least memory left.
fn group(proc: &ProcRoot, of_process: &str) -> Option<GroupMemory> {
    let cgroup = proc.read(format!("{of_process}/cgroup")).ok()?;
    let mountinfo = proc.read("self/mountinfo").ok()?;
    let group = memory_group(&cgroup, &mountinfo)?;
    let above = group.directory.ancestors().take_while(|path| path.starts_with(&group.top));
    let levels: Vec<_> = above.filter_map(|path| level(proc, &group, path)).collect();
    let left = |level: &GroupMemory| {
        level.limit.map_or(u64::MAX, |limit| limit.saturating_sub(level.used.unwrap_or(0)))
    };
    levels.into_iter().min_by_key(left)
}

/// One group; `None`: it limits no memory, as the root.
fn level(proc: &ProcRoot, group: &MemoryGroup, path: &Path) -> Option<GroupMemory> {
    let read = |name: &str| {
        // The directory as the caller sees it.
        let inside = path.strip_prefix("/").ok()?;
        proc.read(Path::new("self/root").join(inside).join(name)).ok()
    };
    let number = |name: &str| {
        let text = read(name)?;
        sysctl::parse_numbers::<u64>(&text)?.first().copied()
    };
    let [limit, used, events] = match group.is_v2 {
        true => ["memory.max", "memory.current", "memory.events"],
        false => ["memory.limit_in_bytes", "memory.usage_in_bytes", "memory.oom_control"],
    };
    let text = read(limit)?;
    let is_unlimited = text.trim_ascii() == b"max";
    let limit = number(limit).filter(|limit| *limit < NO_LIMIT && !is_unlimited);
    Some(GroupMemory { limit, used: number(used), killed: read(events).and_then(|it| killed(&it)) })
}

/// `oom_kill N` in memory.events or memory.oom_control.
fn killed(text: &[u8]) -> Option<u64> {
    let line = text.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"oom_kill "));
    sysctl::parse_numbers::<u64>(line?)?.first().copied()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Files of the control groups are below the root directory of the process (proc_pid_root(5)).
    const GROUPS: &str = "self/root";

    /// A /proc with these files. A path with a slash at its beginning is below [`GROUPS`].
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let tree = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = match path.strip_prefix('/') {
                Some(path) => tree.path().join(GROUPS).join(path),
                None => tree.path().join(path),
            };
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tree
    }

    #[test]
    fn the_group_with_the_least_memory_left_counts() {
        let tree = tree(&[
            ("self/cgroup", "0::/a/b\n"),
            ("self/mountinfo", "1 2 0:3 / /cg rw - cgroup2 cgroup2 rw\n"),
            ("/cg/a/memory.max", "1000\n"),
            ("/cg/a/memory.current", "900\n"),
            ("/cg/a/memory.events", "low 0\noom 9\noom_kill 3\noom_group_kill 0\n"),
            ("/cg/a/b/memory.max", "max\n"),
            ("/cg/a/b/memory.current", "800\n"),
        ]);
        let system = System::read(&ProcRoot::at(tree.path()), None);
        let expected = GroupMemory { limit: Some(1000), used: Some(900), killed: Some(3) };
        assert_eq!(system.group, Some(expected));
    }

    #[test]
    fn the_old_hierarchy_has_other_names() {
        let tree = tree(&[
            ("7/cgroup", "4:memory:/x\n0::/\n"),
            ("self/mountinfo", "1 2 0:3 / /m rw - cgroup cgroup rw,memory\n"),
            ("/m/x/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/m/x/memory.usage_in_bytes", "5\n"),
            ("/m/x/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n"),
            (
                "7/limits",
                "Max open files            256                  256                  files\n",
            ),
            ("sys/vm/overcommit_memory", "2\n"),
        ]);
        let system = System::read(&ProcRoot::at(tree.path()), Some(7));
        let expected = GroupMemory { limit: None, used: Some(5), killed: Some(0) };
        assert_eq!((system.group, system.overcommit), (Some(expected), Some(2)));
        assert_eq!(system.limit("Max open files"), Some(ProcessLimit::Of(256)));
        assert_eq!(System::read(&ProcRoot::at("/nonexistent"), None).group, None);
    }
}
