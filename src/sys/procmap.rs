//! The file mappings of a process, queried one by one: `PROCMAP_QUERY`, Linux 6.11
//! (include/uapi/linux/fs.h; fs/proc/task_mmu.c, `do_procmap_query`).
//!
//! The kernel itself skips all other mappings, which makes it several times faster than the text of
//! maps for an ordinary process. The permission is checked when maps is opened, not by the call.

use std::fs::File;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::libc;

use crate::model::Device;

/// `struct procmap_query` (include/uapi/linux/fs.h).
#[repr(C)]
#[derive(Default)]
struct ProcmapQuery {
    size: u64,
    query_flags: u64,
    query_addr: u64,
    vma_start: u64,
    vma_end: u64,
    vma_flags: u64,
    vma_page_size: u64,
    vma_offset: u64,
    inode: u64,
    dev_major: u32,
    dev_minor: u32,
    vma_name_size: u32,
    build_id_size: u32,
    vma_name_addr: u64,
    build_id_addr: u64,
}

const _: () = {
    assert!(size_of::<ProcmapQuery>() == 104);
    assert!(std::mem::offset_of!(ProcmapQuery, inode) == 64);
    assert!(std::mem::offset_of!(ProcmapQuery, vma_name_addr) == 88);
};

/// `_IOWR('f', 17, struct procmap_query)`, with the encoding of this architecture.
const PROCMAP_QUERY: libc::Ioctl = libc::_IOWR::<ProcmapQuery>(b'f' as u32, 17);

// enum procmap_query_flags
const VMA_WRITABLE: u64 = 0x02;
const VMA_SHARED: u64 = 0x08;
const COVERING_OR_NEXT_VMA: u64 = 0x10;
const FILE_BACKED_VMA: u64 = 0x20;

/// Longer than the name of any segment; a longer name is not a segment's (ENAMETOOLONG).
const NAME_SIZE: usize = 64;

/// One mapping of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileMapping {
    /// First address.
    pub start: u64,
    /// The address after the last one.
    pub end: u64,
    /// May be written.
    pub write: bool,
    /// Shared with others, not copied on write.
    pub shared: bool,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The file system of the file.
    pub device: Device,
    /// The file's number.
    pub inode: u64,
}

/// Which mappings of files are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that are shared with others.
    Shared,
    /// Those that are copied on write too, as programs and libraries are mapped.
    All,
}

/// The first mapping of a file that ends after `address`, of the process whose maps is open.
///
/// # Errors
/// ENOENT: there is none. ENOTTY: a kernel before 6.11. ESRCH: the process has no memory (any
/// more): a zombie, or a kernel thread.
pub fn next_mapping(maps: &File, which: Which, address: u64) -> nix::Result<FileMapping> {
    let shared = if which == Which::Shared { VMA_SHARED } else { 0 };
    let mut query = ProcmapQuery {
        size: size_of::<ProcmapQuery>() as u64,
        query_flags: shared | FILE_BACKED_VMA | COVERING_OR_NEXT_VMA,
        query_addr: address,
        ..ProcmapQuery::default()
    };
    ask(maps, &mut query)?;
    Ok(FileMapping {
        start: query.vma_start,
        end: query.vma_end,
        write: query.vma_flags & VMA_WRITABLE != 0,
        shared: query.vma_flags & VMA_SHARED != 0,
        offset: query.vma_offset,
        device: Device { major: query.dev_major, minor: query.dev_minor },
        inode: query.inode,
    })
}

/// The name of the file mapped at `address`, as maps shows it; at most 63 bytes long.
///
/// # Errors
/// As [`next_mapping`]; ENAMETOOLONG: the name is longer.
pub fn name_at(maps: &File, address: u64) -> nix::Result<Vec<u8>> {
    let mut name = [0u8; NAME_SIZE];
    let mut query = ProcmapQuery {
        size: size_of::<ProcmapQuery>() as u64,
        query_flags: VMA_SHARED | FILE_BACKED_VMA,
        query_addr: address,
        vma_name_size: NAME_SIZE as u32,
        vma_name_addr: name.as_mut_ptr().expose_provenance() as u64,
        ..ProcmapQuery::default()
    };
    ask(maps, &mut query)?;
    Ok(name.split(|b| *b == 0).next().unwrap_or_default().to_vec())
}

fn ask(maps: &File, query: &mut ProcmapQuery) -> nix::Result<()> {
    // SAFETY: the kernel reads and writes one `procmap_query` of the size given in its first
    // field, which is that of the referenced structure (asserted above). A name it
    // writes only to `vma_name_addr`, at most `vma_name_size` bytes: both are zero, or those of an
    // array that outlives the call. No build id is asked for.
    let ret = unsafe { libc::ioctl(maps.as_raw_fd(), PROCMAP_QUERY, std::ptr::from_mut(query)) };
    Errno::result(ret).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel before 6.11 lacks the call.
    fn is_known() -> bool {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let mut numbers = release.split(['.', '-']).map_while(|word| word.parse::<u32>().ok());
        (numbers.next().unwrap(), numbers.next().unwrap()) >= (6, 11)
    }

    #[test]
    fn finds_a_shared_mapping_and_its_name() {
        use nix::sys::memfd::{MFdFlags, memfd_create};
        let file = memfd_create(c"procmap", MFdFlags::MFD_CLOEXEC).unwrap();
        // SAFETY: a new mapping, which no other code knows of and nothing reads.
        let start = unsafe {
            let (protection, flags) = (libc::PROT_READ, libc::MAP_SHARED);
            libc::mmap(std::ptr::null_mut(), 8192, protection, flags, file.as_raw_fd(), 4096)
        };
        assert_ne!(start, libc::MAP_FAILED);
        let address = start.expose_provenance() as u64;
        let maps = File::open("/proc/self/maps").unwrap();
        let found = next_mapping(&maps, Which::Shared, address + 4096);
        let any = next_mapping(&maps, Which::All, address + 4096);
        let private = next_mapping(&maps, Which::All, 0);
        let name = name_at(&maps, address);
        // SAFETY: the mapping from above.
        unsafe { libc::munmap(start, 8192) };
        if !is_known() {
            assert_eq!((found.err(), name.err()), (Some(Errno::ENOTTY), Some(Errno::ENOTTY)));
            return;
        }
        let found = found.unwrap();
        assert_eq!((found.start, found.end), (address, address + 8192));
        assert_eq!((found.offset, found.write, found.shared), (4096, false, true));
        assert_eq!(any, Ok(found));
        // The program itself.
        assert!(private.is_ok_and(|private| !private.shared));
        assert_eq!(name.unwrap(), b"/memfd:procmap (deleted)");
    }

    #[test]
    fn the_number_of_the_call() {
        // 0xc0686611 on architectures with the generic encoding of ioctl numbers.
        if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            assert_eq!(PROCMAP_QUERY, 0xc068_6611);
        }
    }
}
