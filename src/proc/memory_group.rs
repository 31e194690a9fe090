//! The control group that limits the memory of a process: where its files are (cgroups(7)).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::mountinfo::unescape;
use super::text::{Words, lines};

/// A control group as directories below a mount point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryGroup {
    /// The mount point, which is the highest group that can be seen.
    pub top: PathBuf,
    /// The directory of the group.
    pub directory: PathBuf,
    /// Whether it is of cgroup v2. The names of the files differ.
    pub is_v2: bool,
}

/// The group of a process, from the content of its /proc/PID/cgroup and of the reader's mountinfo.
/// `None`: it cannot be seen in the reader's file system.
#[must_use]
pub fn memory_group(cgroup: &[u8], mountinfo: &[u8]) -> Option<MemoryGroup> {
    let of = |is_v2: bool| {
        let path = path(cgroup, is_v2)?;
        let (root, top) = mount(mountinfo, is_v2)?;
        let inside = path.strip_prefix(&root).ok()?;
        // Outside of the reader's cgroup namespace.
        let is_outside = inside.components().any(|it| it.as_os_str() == "..");
        let directory = top.join(inside);
        (!is_outside).then_some(MemoryGroup { top, directory, is_v2 })
    };
    // With both, memory belongs to the hierarchy of v1 that has it.
    of(false).or_else(|| of(true))
}

/// The path of the group in the hierarchy that has the memory.
fn path(cgroup: &[u8], is_v2: bool) -> Option<PathBuf> {
    lines(cgroup).find_map(|line| {
        let mut fields = line.splitn(3, |byte| *byte == b':');
        let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let fits = match is_v2 {
            true => controllers.is_empty(),
            false => controllers.split(|byte| *byte == b',').any(|name| name == b"memory"),
        };
        let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
        fits.then(|| Path::new(OsStr::from_bytes(path)).to_owned())
    })
}

/// Where that hierarchy is mounted: the group that is the root of the mount, and the mount point.
fn mount(mountinfo: &[u8], is_v2: bool) -> Option<(PathBuf, PathBuf)> {
    lines(mountinfo).find_map(|line| {
        let mut words = Words::new(line);
        let mut words = std::iter::from_fn(move || words.optional());
        let root = words.nth(3)?;
        let point = words.next()?;
        words.find(|word| *word == b"-")?;
        let kind = words.next()?;
        let options = words.nth(1)?;
        let has_memory = || options.split(|byte| *byte == b',').any(|name| name == b"memory");
        let fits = if is_v2 { kind == b"cgroup2" } else { kind == b"cgroup" && has_memory() };
        let path = |text: &[u8]| PathBuf::from(OsStr::from_bytes(&unescape(text)));
        fits.then(|| (path(root), path(point)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V2: &[u8] =
        b"31 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const V1: &[u8] = b"32 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n33 23 0:28 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

    fn found(cgroup: &[u8], mountinfo: &[u8]) -> Option<(String, bool)> {
        let group = memory_group(cgroup, mountinfo)?;
        Some((group.directory.to_str().unwrap().to_owned(), group.is_v2))
    }

    #[test]
    fn finds_the_directory_of_a_group() {
        let unified = found(b"0::/a.slice/b.service\n", V2);
        assert_eq!(unified, Some(("/sys/fs/cgroup/a.slice/b.service".to_owned(), true)));
        let old = b"5:cpu,cpuacct:/x\n4:memory:/docker/x/inner\n0::/\n";
        assert_eq!(found(old, V1), Some(("/sys/fs/cgroup/memory/inner".to_owned(), false)));
        assert_eq!(found(b"0::/../other\n", V2), None);
        assert_eq!(found(b"4:memory:/elsewhere\n", V1), None);
        assert_eq!(found(b"", V2), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(a in proptest::collection::vec(any::<u8>(), 0..200),
                          b in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = memory_group(&a, &b);
        }
    }
}
