//! The small types that name and describe an object: namespace, id, key, mode.

use std::fmt;

use super::PosixName;

/// The words of a segment's status, in the order in which they are shown.
pub const STATUS_WORDS: [&str; 2] = [STATUS_DEST, STATUS_LOCKED];
/// The `status` word of a segment that is removed but still attached.
pub const STATUS_DEST: &str = "dest";
/// The `status` word of a segment that is locked in memory (`SHM_LOCK`).
pub const STATUS_LOCKED: &str = "locked";

/// An IPC namespace (ipc_namespaces(7)). Ids and names are unique only within one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Namespace {
    /// The one of the calling thread. Its number is not looked up.
    #[default]
    Current,
    /// Another one, by the inode number of its file in nsfs.
    Inode(u32),
}

/// What names an object within its namespace and kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// The identifier of a System V object.
    Id(Id),
    /// The name of a POSIX object.
    Posix(PosixName),
}

impl Name {
    /// The identifier, if it is a System V object's.
    #[must_use]
    pub fn id(&self) -> Option<Id> {
        match self {
            Name::Id(id) => Some(*id),
            Name::Posix(_) => None,
        }
    }

    /// The name, if it is a POSIX object's.
    #[must_use]
    pub fn posix(&self) -> Option<&PosixName> {
        match self {
            Name::Id(_) => None,
            Name::Posix(name) => Some(name),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Id(id) => id.fmt(f),
            Name::Posix(name) => name.fmt(f),
        }
    }
}

/// The identifier of a System V object: `seq << shift | index` (ipc/util.h). Never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub i32);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The key of a System V object (`key_t`, 32 bits). 0 is `IPC_PRIVATE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u32);

impl Key {
    /// `IPC_PRIVATE`: an object without a key.
    pub const PRIVATE: Key = Key(0);

    /// The key as the kernel's signed `key_t`.
    #[must_use]
    pub fn raw(self) -> i32 {
        self.0.cast_signed()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

/// The `mode` of an object: nine permission bits, and for segments `SHM_DEST` and `SHM_LOCKED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode(pub u16);

impl Mode {
    /// Marked for destruction: removed when the last process detaches (include/linux/shm.h).
    pub const SHM_DEST: u16 = 0o1000;
    /// Will not be swapped (include/linux/shm.h).
    pub const SHM_LOCKED: u16 = 0o2000;

    /// The nine permission bits.
    #[must_use]
    pub fn perms(self) -> u16 {
        self.0 & 0o777
    }

    /// Whether the segment is marked for destruction.
    #[must_use]
    pub fn is_dest(self) -> bool {
        self.0 & Mode::SHM_DEST != 0
    }

    /// Whether the segment is locked in memory.
    #[must_use]
    pub fn is_locked(self) -> bool {
        self.0 & Mode::SHM_LOCKED != 0
    }

    /// The permission bits as `ls` writes them: `rw-r-----`.
    #[must_use]
    pub fn symbolic(self) -> [u8; 9] {
        let mut text = *b"rwxrwxrwx";
        for (at, byte) in text.iter_mut().enumerate() {
            if self.0 & (0o400 >> at) == 0 {
                *byte = b'-';
            }
        }
        text
    }

    /// The words of a segment's status.
    #[must_use]
    pub fn status(self) -> &'static [&'static str] {
        match (self.is_dest(), self.is_locked()) {
            (false, false) => &[],
            (true, false) => &[STATUS_DEST],
            (false, true) => &[STATUS_LOCKED],
            (true, true) => &[STATUS_DEST, STATUS_LOCKED],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_written_as_ls_does() {
        assert_eq!(&Mode(0o640).symbolic(), b"rw-r-----");
        assert_eq!(&Mode(0o3777).symbolic(), b"rwxrwxrwx");
        assert_eq!(Mode(0o3600).status(), ["dest", "locked"]);
    }

    #[test]
    fn a_mode_has_permissions_and_two_marks() {
        for (mode, perms, dest, locked) in [
            (0o640, 0o640, false, false),
            (0o1640, 0o640, true, false),
            (0o2777, 0o777, false, true),
            (0o3000, 0, true, true),
        ] {
            let mode = Mode(mode);
            assert_eq!((mode.perms(), mode.is_dest(), mode.is_locked()), (perms, dest, locked));
            let words = [(dest, "dest"), (locked, "locked")];
            let words = words.into_iter().filter(|(has, _)| *has).map(|(_, word)| word);
            assert_eq!(mode.status(), words.collect::<Vec<_>>());
        }
    }
}
