//! Finds the mappings of segments in the memory maps of processes.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::{Id, Key};
use crate::proc::ProcRoot;
use crate::proc::maps::{MapsLine, sysv_key};
use crate::sys::Errno;
use crate::sys::devices::ShmDevice;
use crate::sys::procmap;

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

/// How a process may use an attached segment.
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

/// One mapping of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// First address.
    pub address: u64,
    /// Length in bytes.
    pub size: u64,
    /// Where in the segment it begins, in bytes.
    pub offset: u64,
    /// Whether it may be written.
    pub access: Access,
    /// The key that the segment was created with, from the mapping's name.
    pub key: Key,
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

/// Reads mappings by whichever interface the kernel allows.
#[derive(Debug)]
pub(super) struct MapsReader<'a> {
    root: &'a ProcRoot,
    devices: &'a [ShmDevice],
    source: MapsSource,
    /// Set once the kernel reported that it lacks the ioctl.
    no_query: AtomicBool,
}

impl<'a> MapsReader<'a> {
    pub(super) fn new(
        root: &'a ProcRoot,
        devices: &'a [ShmDevice],
        source: MapsSource,
    ) -> MapsReader<'a> {
        MapsReader { root, devices, source, no_query: AtomicBool::new(false) }
    }

    /// The segments mapped by a process, each with its number.
    ///
    /// # Errors
    /// Those of open(2) and read(2); ENOTTY if only the ioctl may be used and the kernel lacks it.
    pub(super) fn read(&self, pid: i32) -> io::Result<Vec<(Id, Mapping)>> {
        match self.read_file(&format!("{pid}/maps")) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => self.read_threads(pid),
            Err(error) if is_gone(&error) => self.read_threads(pid),
            Err(error) => Err(error),
        }
    }

    /// The first thread has no memory: it has exited (others may be alive), or it is a kernel
    /// thread.
    fn read_threads(&self, pid: i32) -> io::Result<Vec<(Id, Mapping)>> {
        if self.root.thread_count(pid).unwrap_or(0) < 2 {
            return Ok(Vec::new());
        }
        let mut failure = None;
        for tid in self.root.threads(pid)?.into_iter().filter(|tid| *tid != pid) {
            match self.read_file(&format!("{pid}/task/{tid}/maps")) {
                Ok(Some(found)) => return Ok(found),
                Err(error) if !is_gone(&error) => failure = Some(error),
                Ok(None) | Err(_) => {}
            }
        }
        failure.map_or_else(|| Ok(Vec::new()), Err)
    }

    /// `None`: no memory.
    fn read_file(&self, path: &str) -> io::Result<Option<Vec<(Id, Mapping)>>> {
        let mut file = self.root.open(path)?;
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
        let mut text = Vec::with_capacity(16 * 1024);
        file.read_to_end(&mut text)?;
        Ok((!text.is_empty()).then(|| self.segments_of_text(&text)))
    }

    fn query(&self, file: &File) -> nix::Result<Vec<(Id, Mapping)>> {
        let mut found = Vec::new();
        let mut address = 0;
        loop {
            let map = match procmap::next_shared(file, address) {
                Ok(map) => map,
                Err(Errno::ENOENT) => return Ok(found),
                Err(error) => return Err(error),
            };
            // The name needs a second call, which is worth it only for a file on the right device.
            if let Some(page_size) = self.page_size(map.device) {
                let name = match procmap::name_at(file, map.start) {
                    Ok(name) => name,
                    // A longer name is not a segment's; ENOENT: unmapped meanwhile.
                    Err(Errno::ENAMETOOLONG | Errno::ENOENT) => Vec::new(),
                    Err(error) => return Err(error),
                };
                found.extend(segment(&map, &name, page_size));
            }
            if map.end <= address {
                return Ok(found);
            }
            address = map.end;
        }
    }

    fn segments_of_text(&self, text: &[u8]) -> Vec<(Id, Mapping)> {
        // Most lines are not about segments: only those with the name are parsed.
        text.split(|b| *b == b'\n')
            .filter(|line| line.ends_with(b" (deleted)"))
            .filter_map(|line| MapsLine::parse(line).ok())
            .filter(|line| line.shared)
            .filter_map(|line| {
                let page_size = self.page_size(line.device)?;
                let map = procmap::SharedMapping {
                    start: line.start,
                    end: line.end,
                    write: line.write,
                    offset: line.offset,
                    device: line.device,
                    inode: line.inode,
                };
                segment(&map, line.name, page_size)
            })
            .collect()
    }

    fn page_size(&self, device: crate::model::Device) -> Option<u64> {
        self.devices.iter().find(|known| known.device == device).map(|known| known.page_size)
    }
}

fn segment(map: &procmap::SharedMapping, name: &[u8], page_size: u64) -> Option<(Id, Mapping)> {
    // Memfds and shared anonymous memory are on the same device, with names of their own. Only the
    // kernel can create a file with this name there: a memfd's name begins with `/memfd:`.
    let key = sysv_key(name)?;
    let id = Id(i32::try_from(map.inode).ok()?);
    let mapping = Mapping {
        address: map.start,
        size: map.end.saturating_sub(map.start),
        offset: map.offset,
        access: if map.write { Access::ReadWrite } else { Access::ReadOnly },
        key,
        page_size,
    };
    Some((id, mapping))
}

/// The process has exited, or has no memory any more.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error().map(Errno::from_raw), Some(Errno::ENOENT | Errno::ESRCH))
}

/// The error number; EIO for an error that does not come from the kernel.
pub(super) fn errno_of(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

/// No permission to inspect the process.
pub(super) fn is_denied(error: &io::Error) -> bool {
    matches!(error.raw_os_error().map(Errno::from_raw), Some(Errno::EACCES | Errno::EPERM))
}
