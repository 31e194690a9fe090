//! /proc/PID/mountinfo (proc_pid_mountinfo(5)): with which options /proc is mounted, and where
//! namespaces are.

use std::collections::HashSet;

use super::ParseError;
use super::ns::ipc_inode;
use super::text::{Words, decimal, lines, split_once};
use crate::model::{Device, FileId};

/// What may be hidden by the options of a proc mount (proc(5)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcMount {
    /// `hidepid=2` or `4`: processes that the reader may not trace are not listed.
    pub hides_processes: bool,
    /// `subset=pid`: only the files of processes are there.
    pub subset_pid: bool,
}

/// `hidepid=` 2 and 4. The kernel has had names for them since Linux 5.8.
const HIDING: [&[u8]; 4] =
    [b"hidepid=2", b"hidepid=4", b"hidepid=invisible", b"hidepid=ptraceable"];

/// The options of the proc file system at a mount point; the last one mounted there counts.
/// `None`: no proc is mounted there.
#[must_use]
pub fn proc_mount_at(text: &[u8], mount_point: &[u8]) -> Option<ProcMount> {
    lines(text).filter_map(|line| parse(line, mount_point).ok().flatten()).last()
}

fn parse(line: &[u8], mount_point: &[u8]) -> Result<Option<ProcMount>, ParseError> {
    let mut words = Words::new(line);
    for _ in 0..4 {
        words.next("root")?;
    }
    if unescape(words.next("mount point")?) != mount_point {
        return Ok(None);
    }
    // Optional fields, as many as there are, end at a lone hyphen.
    while words.next("separator")? != b"-" {}
    if words.next("type")? != b"proc" {
        return Ok(None);
    }
    words.next("source")?;
    let options = words.next("super options")?;
    let has = |option: &[u8]| options.split(|b| *b == b',').any(|o| o == option);
    Ok(Some(ProcMount {
        hides_processes: HIDING.into_iter().any(has),
        subset_pid: has(b"subset=pid"),
    }))
}

/// The types of file systems that POSIX objects can be in. Their files have the same numbers for
/// stat(2) and in /proc/PID/maps.
const IN_MEMORY: [&[u8]; 5] = [b"tmpfs", b"mqueue", b"devtmpfs", b"ramfs", b"rootfs"];

/// The devices of mounted file systems that no POSIX object is in.
#[must_use]
pub fn other_devices(text: &[u8]) -> HashSet<Device> {
    lines(text).filter_map(|line| parse_other_device(line).ok().flatten()).collect()
}

fn parse_other_device(line: &[u8]) -> Result<Option<Device>, ParseError> {
    let mut words = Words::new(line);
    words.next("mount id")?;
    words.next("parent id")?;
    let device = device(words.next("device")?)?;
    while words.next("separator")? != b"-" {}
    Ok(device.filter(|_| words.optional().is_some_and(|name| !IN_MEMORY.contains(&name))))
}

/// Whether a file system is mounted that POSIX objects can be in.
#[must_use]
pub fn is_in_memory(text: &[u8], device: Device) -> bool {
    !mount_points(text, device).is_empty() && !other_devices(text).contains(&device)
}

/// Where a file system is mounted, with all of its directories that are mounted elsewhere.
#[must_use]
pub fn mount_points(text: &[u8], device: Device) -> Vec<Vec<u8>> {
    lines(text).filter_map(|line| parse_mount_point(line, device).ok().flatten()).collect()
}

fn parse_mount_point(line: &[u8], wanted: Device) -> Result<Option<Vec<u8>>, ParseError> {
    let mut words = Words::new(line);
    words.next("mount id")?;
    words.next("parent id")?;
    let device = device(words.next("device")?)?;
    words.next("root")?;
    let mount_point = words.next("mount point")?;
    Ok((device == Some(wanted)).then(|| unescape(mount_point)))
}

fn device(text: &[u8]) -> Result<Option<Device>, ParseError> {
    let Some((major, minor)) = split_once(text, b':') else { return Ok(None) };
    Ok(Some(Device { major: decimal("device", major)?, minor: decimal("device", minor)? }))
}

/// An IPC namespace that is mounted on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceMount {
    /// The namespace.
    pub id: FileId,
    /// The path of the file, below the root of the process whose mounts these are.
    pub mount_point: Vec<u8>,
}

/// The IPC namespaces that are mounted somewhere.
#[must_use]
pub fn ipc_namespaces(text: &[u8]) -> Vec<NamespaceMount> {
    let all = lines(text).filter(|line| memchr::memmem::find(line, b" - nsfs ").is_some());
    all.filter_map(|line| parse_namespace(line).ok().flatten()).collect()
}

fn parse_namespace(line: &[u8]) -> Result<Option<NamespaceMount>, ParseError> {
    let mut words = Words::new(line);
    words.next("mount id")?;
    words.next("parent id")?;
    let device = words.next("device")?;
    let root = words.next("root")?;
    let mount_point = unescape(words.next("mount point")?);
    while words.next("separator")? != b"-" {}
    let Some(inode) = ipc_inode(root).filter(|_| words.optional() == Some(b"nsfs")) else {
        return Ok(None);
    };
    let device = self::device(device)?;
    Ok(device.map(|device| NamespaceMount { id: FileId { device, inode }, mount_point }))
}

/// Undoes the kernel's escapes of blank, tab, newline and backslash: `\040`.
pub(super) fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (byte, tail) = match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                // The low three bits of an octal digit are its value.
                ((a & 3) << 6 | (b & 7) << 3 | (c & 7), tail)
            }
            [byte, tail @ ..] => (*byte, tail),
            [] => return bytes,
        };
        bytes.push(byte);
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &[u8] = b"22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n\
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
        40 27 0:40 / /mnt/a\\040b rw - proc none rw,gid=4,hidepid=invisible,subset=pid\n\
        41 27 0:41 / /mnt/c rw - tmpfs proc rw,hidepid=2\n\
        42 22 0:42 / /proc rw master:1 propagate_from:2 - proc proc rw,hidepid=noaccess\n";

    #[test]
    fn options_of_the_last_proc_mounted_there() {
        assert_eq!(proc_mount_at(TEXT, b"/proc"), Some(ProcMount::default()));
        assert_eq!(
            proc_mount_at(TEXT, b"/mnt/a b"),
            Some(ProcMount { hides_processes: true, subset_pid: true })
        );
        assert_eq!(proc_mount_at(TEXT, b"/mnt/c"), None);
        assert_eq!(proc_mount_at(b"", b"/proc"), None);
    }

    #[test]
    fn ipc_namespaces_that_are_mounted() {
        let text = b"50 27 0:4 ipc:[4026532240] /run/a\\040b rw shared:7 - nsfs nsfs rw\n\
            51 27 0:4 net:[4026532241] /run/netns/x rw - nsfs nsfs rw\n\
            52 27 0:4 ipc:[4026532242] /run/\\134 rw - nsfs nsfs rw\n\
            53 27 0:40 ipc:[4026532243] /mnt rw - tmpfs - nsfs rw\n\
            54 27 0:4 ipc:[x] /mnt rw - nsfs nsfs rw\n\
            55 27 0:4 ipc:[4026532244]\n";
        let found = |inode, mount_point: &[u8]| NamespaceMount {
            id: FileId { device: Device { major: 0, minor: 4 }, inode },
            mount_point: mount_point.to_vec(),
        };
        assert_eq!(
            ipc_namespaces(text),
            [found(4_026_532_240, b"/run/a b"), found(4_026_532_242, b"/run/\\")]
        );
    }

    #[test]
    fn mount_points_of_a_file_system() {
        let points = |minor| mount_points(TEXT, Device { major: 0, minor });
        assert_eq!(points(40), [b"/mnt/a b"]);
        assert_eq!(points(42), [b"/proc"]);
        assert!(points(7).is_empty());
        let tmpfs = b"41 27 0:41 / /dev/shm rw - tmpfs shm rw\n42 27 0:42 / /x rw - fuse.x x rw\n";
        let in_memory = |minor| is_in_memory(tmpfs, Device { major: 0, minor });
        assert_eq!([41, 42, 43].map(in_memory), [true, false, false]);
    }

    #[test]
    fn devices_without_posix_objects() {
        let device = |major, minor| Device { major, minor };
        let expected = [device(0, 21), device(254, 0), device(0, 40), device(0, 42)];
        assert_eq!(other_devices(TEXT), HashSet::from(expected));
        assert_eq!(other_devices(b"22 27 x / /proc rw - proc proc rw\n22 27 0:5"), HashSet::new());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = proc_mount_at(&text, b"/proc");
            let _ = ipc_namespaces(&text);
            let _ = other_devices(&text);
            let _ = mount_points(&text, Device { major: 0, minor: 1 });
            let _ = unescape(&text);
        }
    }
}
