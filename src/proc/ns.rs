//! The files /proc/PID/ns/* (namespaces(7)).

use super::text::magnitude;

/// The inode number in the name of an IPC namespace: `ipc:[4026531839]`.
#[must_use]
pub fn ipc_inode(name: &[u8]) -> Option<u64> {
    inode(name, b"ipc")
}

/// The inode number in the name of a mount namespace: `mnt:[4026531841]`.
#[must_use]
pub fn mount_inode(name: &[u8]) -> Option<u64> {
    inode(name, b"mnt")
}

fn inode(name: &[u8], kind: &[u8]) -> Option<u64> {
    magnitude(name.strip_prefix(kind)?.strip_prefix(b":[")?.strip_suffix(b"]")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_namespaces() {
        assert_eq!(ipc_inode(b"ipc:[4026531839]"), Some(4_026_531_839));
        assert_eq!(mount_inode(b"mnt:[4026531841]"), Some(4_026_531_841));
        for other in [&b"ipc:[]"[..], b"ipc:[-1]", b"ipc:[12", b"mnt:[12]", b"/a/ipc:[12]", b""] {
            assert_eq!(ipc_inode(other), None, "{}", other.escape_ascii());
        }
    }
}
