//! Finds the mappings of segments, and of files in memory, in the memory maps of processes.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use super::file_devices::FileDevices;
use crate::model::{FileId, Id, Key};
use crate::proc::maps::{MapsLine, sysv_key};
use crate::proc::{Lines, ProcRoot};
use crate::sys::Errno;
use crate::sys::devices::ShmDevice;
use crate::sys::procmap::{self, FileMapping, Which};
use crate::sys::{errno_of, is_permission};

/// The most shared mappings of a process that are looked at. A process may map files at ever higher
/// addresses while they are read. The kernel's default maximum is 65,530 mappings
/// (`vm.max_map_count`).
const MAPPINGS: usize = 1 << 20;
/// The most bytes of a process' maps that are read, for the same reason.
const TEXT: u64 = 256 << 20;

/// Where the mappings of a process are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MapsSource {
    /// The ioctl, and the text if the kernel lacks the ioctl.
    #[default]
    Auto,
    /// Only the ioctl `PROCMAP_QUERY` (Linux 6.11).
    Query,
    /// Only the text of /proc/PID/maps.
    Text,
}

/// How a process may use memory that it has mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// Only read (`SHM_RDONLY`, or mprotect(2) later).
    ReadOnly,
    /// Read and write, by at least one mapping.
    ReadWrite,
}

impl Access {
    /// `ro` or `rw`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Access::ReadOnly => "ro",
            Access::ReadWrite => "rw",
        }
    }
}

/// One mapping of a segment or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// First address.
    pub address: u64,
    /// Length in bytes.
    pub size: u64,
    /// Where in the segment or file it begins, in bytes.
    pub offset: u64,
    /// Whether the segment or file may be written.
    pub access: Access,
    /// The key that the segment was created with, from the mapping's name; `None` of a file.
    pub key: Option<Key>,
    /// The size of a page on the segment's device, in bytes.
    pub page_size: u64,
}

impl Mapping {
    /// Whether it lies within a segment of that many bytes.
    #[must_use]
    pub fn fits(&self, segment: u64) -> bool {
        let whole = segment.checked_next_multiple_of(self.page_size.max(1)).unwrap_or(u64::MAX);
        self.offset.checked_add(self.size).is_some_and(|end| end <= whole)
    }
}

/// What a process has mapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mapped {
    /// Segments, each with its number.
    pub segments: Vec<(Id, Mapping)>,
    /// Files in memory, if they are asked for.
    pub files: Vec<(FileId, Mapping)>,
}

/// Reads mappings by whichever interface the kernel allows.
#[derive(Debug)]
pub(super) struct MapsReader<'a> {
    root: &'a ProcRoot,
    /// The devices of segments.
    devices: &'a [ShmDevice],
    /// The devices of files, if files are asked for.
    files: Option<&'a FileDevices>,
    source: MapsSource,
    /// Set once the kernel reported that it lacks the ioctl.
    no_query: AtomicBool,
}

impl<'a> MapsReader<'a> {
    pub(super) fn new(
        root: &'a ProcRoot,
        devices: &'a [ShmDevice],
        files: Option<&'a FileDevices>,
        source: MapsSource,
    ) -> MapsReader<'a> {
        MapsReader { root, devices, files, source, no_query: AtomicBool::new(false) }
    }

    /// What a process has mapped.
    ///
    /// # Errors
    /// Those of open(2) and read(2); ENOTTY if only the ioctl may be used and the kernel lacks it;
    /// EFBIG for too many mappings.
    pub(super) fn read(&self, pid: i32) -> io::Result<Mapped> {
        match self.read_file(&format!("{pid}/maps")) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => self.read_threads(pid),
            Err(error) if is_gone(&error) => self.read_threads(pid),
            Err(error) => Err(error),
        }
    }

    /// The first thread has no memory: it has exited (others may be alive), or it is a kernel
    /// thread.
    fn read_threads(&self, pid: i32) -> io::Result<Mapped> {
        match self.root.thread_count(pid) {
            Ok(0..2) => return Ok(Mapped::default()),
            Err(error) if is_gone(&error) => return Ok(Mapped::default()),
            Ok(_) => {}
            Err(error) => return Err(error),
        }
        let mut failure = None;
        for tid in self.root.threads(pid)?.into_iter().filter(|tid| *tid != pid) {
            match self.read_file(&format!("{pid}/task/{tid}/maps")) {
                Ok(Some(found)) => return Ok(found),
                Err(error) if !is_gone(&error) => failure = Some(error),
                Ok(None) | Err(_) => {}
            }
        }
        failure.map_or_else(|| Ok(Mapped::default()), Err)
    }

    /// `None`: no memory.
    fn read_file(&self, path: &str) -> io::Result<Option<Mapped>> {
        let file = self.root.open(path)?;
        if self.source != MapsSource::Text && !self.no_query.load(Ordering::Relaxed) {
            match self.query(&file) {
                Ok(found) => return Ok(Some(found)),
                Err(Errno::ESRCH) => return Ok(None),
                // Before Linux 6.11 the file has no such ioctl; a sandbox may forbid it.
                Err(Errno::ENOTTY | Errno::EINVAL | Errno::EPERM | Errno::ENOSYS)
                    if self.source == MapsSource::Auto =>
                {
                    self.no_query.store(true, Ordering::Relaxed);
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.mapped_in_text(Lines::up_to(TEXT, file))
    }

    fn query(&self, file: &File) -> nix::Result<Mapped> {
        // A segment cannot be mapped otherwise.
        let which = if self.files.is_some() { Which::All } else { Which::Shared };
        self.mapped(
            |address| procmap::next_mapping(file, which, address),
            |at| procmap::name_at(file, at),
        )
    }

    /// The segments and files among mappings, asked for one by one: `next` has that at an address or the next
    /// one, and `name` the name of one.
    fn mapped(
        &self,
        mut next: impl FnMut(u64) -> nix::Result<FileMapping>,
        name: impl Fn(u64) -> nix::Result<Vec<u8>>,
    ) -> nix::Result<Mapped> {
        let mut found = Mapped::default();
        let mut address = 0;
        for _ in 0..MAPPINGS {
            let map = match next(address) {
                Ok(map) => map,
                Err(Errno::ENOENT) => return Ok(found),
                Err(error) => return Err(error),
            };
            // The name needs a second call, which is worth it only for a file on the right device.
            if let Some(page_size) = self.page_size(&map) {
                let name = match name(map.start) {
                    Ok(name) => name,
                    // A longer name is not a segment's; ENOENT: unmapped meanwhile.
                    Err(Errno::ENAMETOOLONG | Errno::ENOENT) => Vec::new(),
                    Err(error) => return Err(error),
                };
                found.segments.extend(segment(&map, &name, page_size));
            }
            found.files.extend(self.file(&map));
            if map.end <= address {
                return Ok(found);
            }
            address = map.end;
        }
        Err(Errno::EFBIG)
    }

    /// `None`: no memory.
    fn mapped_in_text<R: io::Read>(&self, mut lines: Lines<R>) -> io::Result<Option<Mapped>> {
        let mut found = None;
        while let Some(line) = lines.next_line()? {
            // Most lines are not about segments: only those with the name are parsed, and the first
            // one, which shows that the text is what it should be.
            if found.is_none() || self.files.is_some() || line.ends_with(b" (deleted)") {
                let line = MapsLine::parse(line).map_err(io::Error::other)?;
                self.add_line(&line, found.get_or_insert_default());
            }
        }
        Ok(found)
    }

    fn add_line(&self, line: &MapsLine<'_>, found: &mut Mapped) {
        let map = FileMapping {
            start: line.start,
            end: line.end,
            write: line.write,
            shared: line.shared,
            offset: line.offset,
            device: line.device,
            inode: line.inode,
        };
        if let Some(page_size) = self.page_size(&map) {
            found.segments.extend(segment(&map, line.name, page_size));
        }
        found.files.extend(self.file(&map));
    }

    /// The size of a page, if the mapping may be that of a segment.
    fn page_size(&self, map: &FileMapping) -> Option<u64> {
        let device = self.devices.iter().find(|known| known.device == map.device)?;
        map.shared.then_some(device.page_size)
    }

    /// A file that may be asked for.
    fn file(&self, map: &FileMapping) -> Option<(FileId, Mapping)> {
        let is_file = map.inode != 0 && self.files?.may_have_objects(map.device);
        let id = FileId { device: map.device, inode: map.inode };
        is_file.then(|| (id, mapping(map, None, 1)))
    }
}

fn segment(map: &FileMapping, name: &[u8], page_size: u64) -> Option<(Id, Mapping)> {
    // Memfds and shared anonymous memory are on the same device, with names of their own. Only the
    // kernel can create a file with this name there: a memfd's name begins with `/memfd:`.
    let key = sysv_key(name)?;
    let id = Id(i32::try_from(map.inode).ok()?);
    Some((id, mapping(map, Some(key), page_size)))
}

fn mapping(map: &FileMapping, key: Option<Key>, page_size: u64) -> Mapping {
    Mapping {
        address: map.start,
        size: map.end.saturating_sub(map.start),
        offset: map.offset,
        // What is copied on write does not get into the file.
        access: if map.write && map.shared { Access::ReadWrite } else { Access::ReadOnly },
        key,
        page_size,
    }
}

/// The process has exited, or has no memory any more.
#[must_use]
pub fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error().map(Errno::from_raw), Some(Errno::ENOENT | Errno::ESRCH))
}

/// No permission to inspect the process.
#[must_use]
pub fn is_denied(error: &io::Error) -> bool {
    is_permission(errno_of(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Device;

    const DEVICE: Device = Device { major: 0, minor: 1 };

    fn shared(start: u64) -> FileMapping {
        let end = start + 4096;
        FileMapping { start, end, write: true, shared: true, offset: 0, device: DEVICE, inode: 7 }
    }

    fn with_reader<T>(test: impl FnOnce(&MapsReader<'_>) -> T) -> T {
        let devices = [ShmDevice { device: DEVICE, page_size: 4096 }];
        test(&MapsReader::new(&ProcRoot::default(), &devices, None, MapsSource::Auto))
    }

    #[test]
    fn a_process_that_maps_ahead_of_the_reader_does_not_prolong_the_walk() {
        let ahead = |address| Ok(shared(address + 4096));
        let unnamed = |_| Err(Errno::ENOENT);
        assert_eq!(with_reader(|maps| maps.mapped(ahead, unnamed)), Err(Errno::EFBIG));
        let one = |address| if address == 0 { Ok(shared(4096)) } else { Err(Errno::ENOENT) };
        let named = |_| Ok(b"/SYSV00000005 (deleted)".to_vec());
        let found = with_reader(|maps| maps.mapped(one, named)).unwrap();
        assert_eq!(found.segments.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn maps_without_end_and_other_text_are_errors() {
        let line = b"1000-2000 rw-s 00000000 00:01 7 /SYSV00000005 (deleted)\n";
        let read = |most, text: &[u8]| {
            let endless = Lines::up_to(most, io::Read::chain(text, io::repeat(b'\n')));
            let ends = Lines::up_to(most, text);
            let errno = |error: io::Error| errno_of(&error);
            with_reader(|maps| {
                let ids = |found: Option<Mapped>| found.map(|all| all.segments.len());
                let endless = maps.mapped_in_text(endless).map(ids).map_err(errno);
                (maps.mapped_in_text(ends).map(ids).map_err(errno), endless)
            })
        };
        assert_eq!(read(1 << 20, line), (Ok(Some(1)), Err(Errno::EFBIG)));
        assert_eq!(read(10, line), (Err(Errno::EFBIG), Err(Errno::EFBIG)));
        assert_eq!(read(1 << 20, b"1000-2000 rw-s 00000000 00:01 7\n").0, Ok(Some(0)));
        assert_eq!(read(1 << 20, b"").0, Ok(None));
        assert_eq!(read(1 << 20, b"<html>\n").0, Err(Errno::EIO));
    }

    #[test]
    fn errors_mean_gone_denied_or_something_else() {
        for (errno, gone, denied) in [
            (Errno::ENOENT, true, false),
            (Errno::ESRCH, true, false),
            (Errno::EACCES, false, true),
            (Errno::EPERM, false, true),
            (Errno::EIO, false, false),
        ] {
            let error = io::Error::from(errno);
            assert_eq!((is_gone(&error), is_denied(&error)), (gone, denied), "{errno}");
            assert_eq!(errno_of(&error), errno);
        }
        let other = io::Error::other("not from the kernel");
        assert_eq!(
            (is_gone(&other), is_denied(&other), errno_of(&other)),
            (false, false, Errno::EIO)
        );
    }

    #[test]
    fn a_mapping_fits_in_whole_pages() {
        let map = |offset, size, page_size| Mapping {
            address: 0x7000_0000,
            size,
            offset,
            access: Access::ReadOnly,
            key: Some(Key(1)),
            page_size,
        };
        assert!(map(0, 8192, 4096).fits(4097));
        assert!(!map(0, 8192, 4096).fits(4096));
        assert!(map(4096, 4096, 4096).fits(8192));
        assert!(!map(8192, 4096, 4096).fits(8192));
        assert!(map(0, 2 << 20, 2 << 20).fits(1));
        assert!(!map(u64::MAX, 4096, 4096).fits(u64::MAX));
        assert!(map(0, 4096, 4096).fits(u64::MAX));
    }
}
