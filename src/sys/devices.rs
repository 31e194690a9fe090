//! The devices on which the kernel keeps its shared memory.
//!
//! Segments are files on mounts internal to the kernel: one for ordinary pages (mm/shmem.c,
//! `shm_mnt`), and one for each size of huge pages (fs/hugetlbfs/inode.c, `hugetlbfs_vfsmount`). A
//! memfd is a file on the same mounts, so it shows their device numbers.

use std::os::fd::OwnedFd;

use nix::libc::{self, c_uint};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::fstat;

use crate::model::Device;

/// A device that segments are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShmDevice {
    /// Its number, as maps shows it.
    pub device: Device,
    /// The size of its pages in bytes: a mapping's length is a multiple of it.
    pub page_size: u64,
}

/// The devices of ordinary and of huge pages; empty where they are unknown (memfd_create
/// is forbidden, or older than Linux 3.17; huge pages since 4.14).
#[must_use]
pub fn shm_devices() -> Vec<ShmDevice> {
    // Bits 26 to 31 of the flags hold the binary logarithm of the huge page size (memfd_create(2),
    // MFD_HUGE_SHIFT). A size that the kernel lacks is rejected, so no list of sizes is needed.
    let huge = (12..=40u32).map(|log| libc::MFD_HUGETLB | (log << 26));
    // Without the ordinary one the others would not explain why segments are not found.
    let Some(ordinary) = device_of(0) else { return Vec::new() };
    std::iter::once(ordinary).chain(huge.filter_map(device_of)).collect()
}

fn device_of(flags: c_uint) -> Option<ShmDevice> {
    let flags = MFdFlags::from_bits_retain(flags | libc::MFD_CLOEXEC);
    let file: OwnedFd = memfd_create(c"ipcs", flags).ok()?;
    let stat = fstat(&file).ok()?;
    Some(ShmDevice {
        device: Device { major: libc::major(stat.st_dev), minor: libc::minor(stat.st_dev) },
        page_size: u64::try_from(stat.st_blksize).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel lists its sizes of huge pages here, if it has any.
    #[test]
    fn each_size_of_pages_has_a_device() {
        let sizes = std::fs::read_dir("/sys/kernel/mm/hugepages").into_iter().flatten();
        let kib = sizes.filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_prefix("hugepages-")?.strip_suffix("kB")?.parse::<u64>().ok()
        });
        let ordinary = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).unwrap().unwrap();
        let mut expected: Vec<u64> = kib.map(|kib| kib * 1024).collect();
        expected.push(ordinary.cast_unsigned());
        expected.sort_unstable();
        let found: Vec<u64> = shm_devices().iter().map(|device| device.page_size).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn ordinary_pages_come_first_and_all_devices_differ() {
        let devices = shm_devices();
        assert!(devices[1..].iter().all(|huge| huge.page_size > devices[0].page_size));
        for (at, device) in devices.iter().enumerate() {
            assert!(devices[..at].iter().all(|other| other.device != device.device));
        }
    }
}
