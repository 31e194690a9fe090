//! The lines of /proc/PID/maps (proc_pid_maps(5); fs/proc/task_mmu.c of the kernel).

use super::ParseError;
use super::text::{Words, decimal, hex, malformed, split_once};
use crate::model::{Device, Key};

/// One mapping of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapsLine<'a> {
    /// First address.
    pub start: u64,
    /// The address after the last one.
    pub end: u64,
    /// May be read.
    pub read: bool,
    /// May be written.
    pub write: bool,
    /// Shared with others (`s`), not copied on write (`p`).
    pub shared: bool,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The file system of the file.
    pub device: Device,
    /// The file's number; for a segment its id.
    pub inode: u64,
    /// The file's name as the kernel escapes it, or empty.
    pub name: &'a [u8],
}

impl<'a> MapsLine<'a> {
    /// Reads one line.
    ///
    /// # Errors
    /// The first field that is missing or malformed.
    pub fn parse(line: &'a [u8]) -> Result<MapsLine<'a>, ParseError> {
        let mut words = Words::new(line);
        let (start, end) = split("address", words.next("address")?, b'-')?;
        let perms = words.next("perms")?;
        let &[read, write, _, shared] = perms else { return Err(malformed("perms", perms)) };
        let offset = hex("offset", words.next("offset")?)?;
        let (major, minor) = split("dev", words.next("dev")?, b':')?;
        let inode = decimal("inode", words.next("inode")?)?;
        Ok(MapsLine {
            start: hex("address", start)?,
            end: hex("address", end)?,
            read: read == b'r',
            write: write == b'w',
            shared: shared == b's',
            offset,
            device: Device { major: hex("dev", major)?, minor: hex("dev", minor)? },
            inode,
            name: words.rest(),
        })
    }
}

fn split<'a>(
    field: &'static str,
    text: &'a [u8],
    at: u8,
) -> Result<(&'a [u8], &'a [u8]), ParseError> {
    split_once(text, at).ok_or_else(|| malformed(field, text))
}

/// The key in the name of a segment's mapping: `/SYSV%08x (deleted)` (ipc/shm.c, `newseg`).
///
/// It is the key that the segment was created with, also after `IPC_RMID`. A file on another file
/// system may have such a name too, so the device has to be checked as well.
#[must_use]
pub fn sysv_key(name: &[u8]) -> Option<Key> {
    let digits = name.strip_prefix(b"/SYSV")?;
    let digits = digits.strip_suffix(b" (deleted)").unwrap_or(digits);
    if digits.len() != 8 {
        return None;
    }
    hex("key", digits).ok().map(Key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_segment() {
        let line = b"7f53c2a41000-7f53c2a43000 r--s 00001000 00:01 32769                      /SYSV0000abcd (deleted)";
        let map = MapsLine::parse(line).unwrap();
        assert_eq!((map.start, map.end, map.offset), (0x7f53_c2a4_1000, 0x7f53_c2a4_3000, 4096));
        assert_eq!((map.read, map.write, map.shared), (true, false, true));
        assert_eq!((map.device, map.inode), (Device { major: 0, minor: 1 }, 32769));
        assert_eq!(sysv_key(map.name), Some(Key(0xabcd)));
    }

    #[test]
    fn a_segment_of_huge_pages_is_on_another_device() {
        let line = b"7f0000000000-7f0000200000 rw-s 00000000 00:10 5                          /SYSV00000000 (deleted)";
        let map = MapsLine::parse(line).unwrap();
        assert_eq!((map.device, map.inode), (Device { major: 0, minor: 16 }, 5));
        assert_eq!(sysv_key(map.name), Some(Key::PRIVATE));
    }

    #[test]
    fn names_keep_their_blanks_and_may_be_absent() {
        let line = b"1000-2000 rw-p 00000000 fd:10f 77 /a  b (deleted)";
        let map = MapsLine::parse(line).unwrap();
        assert_eq!(map.name, b"/a  b (deleted)");
        assert_eq!(map.device, Device { major: 0xfd, minor: 0x10f });
        assert_eq!(MapsLine::parse(b"1000-2000 rw-p 00000000 00:00 0 ").unwrap().name, b"");
    }

    #[test]
    fn only_eight_digits_are_a_key() {
        for name in ["/SYSV0000000", "/SYSV000000000", "/SYSV0000000g", "/dev/shm/SYSV00000000", ""]
        {
            assert_eq!(sysv_key(name.as_bytes()), None, "{name}");
        }
        assert_eq!(sysv_key(b"/SYSVffffffff"), Some(Key(u32::MAX)));
    }

    #[test]
    fn an_invalid_field_is_reported() {
        assert_eq!(
            MapsLine::parse(b"1000-2000 rw").unwrap_err().to_string(),
            "field perms has the invalid value 'rw'"
        );
        assert_eq!(
            MapsLine::parse(b"1000").unwrap_err().to_string(),
            "field address has the invalid value '1000'"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = MapsLine::parse(&line);
            let _ = sysv_key(&line);
        }

        #[test]
        fn what_the_kernel_prints_is_read_back(
            start in any::<u64>(), end in any::<u64>(), flags in any::<[bool; 3]>(),
            offset in any::<u64>(), major in any::<u32>(), minor in any::<u32>(),
            inode in any::<u64>(), key in any::<u32>(),
        ) {
            let [read, write, shared] = flags;
            let text = format!(
                "{start:08x}-{end:08x} {}{}-{} {offset:08x} {major:02x}:{minor:02x} {inode}    /SYSV{key:08x} (deleted)",
                if read { 'r' } else { '-' }, if write { 'w' } else { '-' },
                if shared { 's' } else { 'p' },
            );
            let map = MapsLine::parse(text.as_bytes()).unwrap();
            prop_assert_eq!((map.start, map.end, map.offset, map.inode), (start, end, offset, inode));
            prop_assert_eq!([map.read, map.write, map.shared], flags);
            prop_assert_eq!(map.device, Device { major, minor });
            prop_assert_eq!(sysv_key(map.name), Some(Key(key)));
        }
    }
}
