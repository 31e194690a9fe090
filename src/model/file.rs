//! What identifies a file.

/// A device number as in /proc/PID/maps and stat(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Device {
    /// Major number; 0 for file systems without a device.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
}

/// A file, identified by its file system and inode number. The files /proc/PID/ns/* identify
/// namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// The file system.
    pub device: Device,
    /// The inode number.
    pub inode: u64,
}
