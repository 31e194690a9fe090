//! Structures and commands that libc lacks, with asserted sizes.

use nix::libc::{c_int, c_ulong, ipc_perm, time_t};

/// include/uapi/linux/shm.h
pub(super) const SHM_STAT: c_int = 13;
pub(super) const SHM_INFO: c_int = 14;
pub(super) const SHM_STAT_ANY: c_int = 15;
/// include/uapi/linux/msg.h
pub(super) const MSG_STAT_ANY: c_int = 13;

/// `struct shminfo64` (include/uapi/asm-generic/shmbuf.h): what IPC_INFO fills.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct ShmInfo64 {
    pub shmmax: c_ulong,
    pub shmmin: c_ulong,
    pub shmmni: c_ulong,
    pub shmseg: c_ulong,
    pub shmall: c_ulong,
    unused: [c_ulong; 4],
}

/// `struct shm_info` (include/uapi/linux/shm.h): what SHM_INFO fills.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct ShmInfo {
    pub used_ids: c_int,
    pub shm_tot: c_ulong,
    pub shm_rss: c_ulong,
    pub shm_swp: c_ulong,
    pub swap_attempts: c_ulong,
    pub swap_successes: c_ulong,
}

/// `struct semid64_ds` (arch/x86/include/uapi/asm/sembuf.h): x86 has a word after each time.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct SemidDs {
    pub sem_perm: ipc_perm,
    pub sem_otime: time_t,
    unused1: c_ulong,
    pub sem_ctime: time_t,
    unused2: c_ulong,
    pub sem_nsems: c_ulong,
    unused3: [c_ulong; 2],
}

/// `struct semid64_ds` (include/uapi/asm-generic/sembuf.h, 64 bit).
#[cfg(not(target_arch = "x86_64"))]
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct SemidDs {
    pub sem_perm: ipc_perm,
    pub sem_otime: time_t,
    pub sem_ctime: time_t,
    pub sem_nsems: c_ulong,
    unused3: [c_ulong; 2],
}

/// `struct ns_id_req` (include/uapi/linux/nsfs.h): what listns(2) is asked.
#[repr(C)]
pub(super) struct NamespaceQuery {
    size: u32,
    spare: u32,
    /// The last id that is known; 0 for none.
    pub ns_id: u64,
    ns_type: u32,
    spare2: u32,
    user_ns_id: u64,
}

impl NamespaceQuery {
    pub(super) fn new(ns_type: u32) -> NamespaceQuery {
        let size = const { size_of::<NamespaceQuery>() as u32 };
        NamespaceQuery { size, spare: 0, ns_id: 0, ns_type, spare2: 0, user_ns_id: 0 }
    }
}

/// `struct file_handle` (name_to_handle_at(2)) with `struct nsfs_file_handle`
/// (include/uapi/linux/nsfs.h) in it.
#[repr(C)]
pub(super) struct NamespaceHandle {
    handle_bytes: u32,
    handle_type: c_int,
    ns_id: u64,
    /// With the type and the inode number unset, the kernel looks for the id alone.
    ns_type: u32,
    ns_inum: u32,
}

impl NamespaceHandle {
    pub(super) fn new(ns_id: u64) -> NamespaceHandle {
        /// include/linux/exportfs.h
        const FILEID_NSFS: c_int = 0xf1;
        let handle_bytes = const { (size_of::<NamespaceHandle>() - 8) as u32 };
        NamespaceHandle { handle_bytes, handle_type: FILEID_NSFS, ns_id, ns_type: 0, ns_inum: 0 }
    }
}

const _: () = {
    assert!(size_of::<NamespaceQuery>() == 32);
    assert!(size_of::<NamespaceHandle>() == 24);
    assert!(std::mem::offset_of!(NamespaceHandle, ns_id) == 8);
    assert!(size_of::<ipc_perm>() == 48);
    assert!(size_of::<ShmInfo64>() == 72);
    assert!(size_of::<ShmInfo>() == 48);
    assert!(size_of::<nix::libc::shmid_ds>() == 112);
    assert!(size_of::<nix::libc::msqid_ds>() == 120);
    assert!(size_of::<SemidDs>() == if cfg!(target_arch = "x86_64") { 104 } else { 88 });
    assert!(size_of::<nix::libc::seminfo>() == 40);
    assert!(size_of::<nix::libc::msginfo>() == 32);
};
