//! The /proc file system: one type that opens it, and parsers that are pure functions of bytes.

pub mod cgroup;
pub mod cmdline;
pub mod id_map;
pub mod limits;
pub mod maps;
mod member;
pub mod meminfo;
mod memory;
pub mod memory_group;
pub mod mountinfo;
pub mod ns;
mod root;
pub mod stat;
pub mod status;
pub mod syscall;
pub mod sysctl;
pub mod sysvipc;
mod text;
mod waited;

pub use member::MemberRoot;
pub use memory::{MemoryRead, is_helper, read_memory, read_memory_while};
pub use root::{Lines, ProcRoot, file_id};

/// Why a line or file of /proc could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The line ends before the field.
    #[error("field {field} is missing")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// The field is malformed.
    #[error("field {field} has the invalid value '{text}'")]
    Malformed {
        /// The field's name.
        field: &'static str,
        /// The text of the field, escaped.
        text: String,
    },
}
