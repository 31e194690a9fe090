//! The content of a semaphore's file. Anybody may have written it, so it is read and never mapped.

use crate::model::{Content, Layout, PosixName};

/// The size of `sem_t` in the GNU C library and in musl on 64-bit machines.
pub const SIZE: usize = 32;

/// The word of a shared semaphore in the GNU C library.
const SHARED: u32 = 0x80;

/// What the file of a semaphore contains. `file` is its name, and `allocated` whether it has any
/// memory: musl writes its semaphores, and a file that was only made larger has none.
pub fn parse(file: &[u8], bytes: &[u8], allocated: bool) -> Content {
    let Ok(bytes) = <&[u8; SIZE]>::try_from(bytes) else { return Content::Foreign };
    if PosixName::is_of_semaphore(file)
        && let Some(content) = glibc(bytes)
    {
        return content;
    }
    if allocated { musl(bytes).unwrap_or(Content::Foreign) } else { Content::Foreign }
}

/// The content of a new semaphore of the GNU C library, which nobody waits for.
#[must_use]
pub fn new_file(value: u32) -> [u8; SIZE] {
    let mut bytes = [0; SIZE];
    let fields = [&u64::from(value).to_ne_bytes()[..], &SHARED.to_ne_bytes()].concat();
    bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
    bytes
}

/// The word at an index: 32 bits.
fn word(bytes: &[u8; SIZE], index: usize) -> u32 {
    let (words, _) = bytes.as_chunks::<4>();
    words.get(index).map_or(0, |word| u32::from_ne_bytes(*word))
}

/// sysdeps/nptl/internaltypes.h: `data`, whose low half is the value and high half the waiters, then
/// `private`, which is `FUTEX_PRIVATE_FLAG` for a shared semaphore, and padding. The file is written
/// with zeros elsewhere.
fn glibc(bytes: &[u8; SIZE]) -> Option<Content> {
    let rest = bytes.get(12..)?;
    if word(bytes, 2) != SHARED || rest.iter().any(|byte| *byte != 0) {
        return None;
    }
    let [value, waiting] = match cfg!(target_endian = "little") {
        true => [word(bytes, 0), word(bytes, 1)],
        false => [word(bytes, 1), word(bytes, 0)],
    };
    semaphore(Layout::Glibc, value, waiting)
}

/// src/thread/sem_init.c and sem_timedwait.c of musl: the value, the number of waiters, and 0 for a
/// shared semaphore. The rest is whatever was on the stack of its maker. Where a thread waits, the
/// value has its sign bit set (since musl 1.2.4), or is -1 (before).
fn musl(bytes: &[u8; SIZE]) -> Option<Content> {
    const HAS_WAITERS: u32 = 1 << 31;
    const WAITED_FOR: u32 = u32::MAX;
    let value = match word(bytes, 0) {
        WAITED_FOR => 0,
        value => value & !HAS_WAITERS,
    };
    if word(bytes, 2) != 0 {
        return None;
    }
    semaphore(Layout::Musl, value, word(bytes, 1))
}

/// More waiters than there can be threads are none.
fn semaphore(layout: Layout, value: u32, waiting: u32) -> Option<Content> {
    /// `PID_MAX_LIMIT` (include/linux/threads.h).
    const MOST_THREADS: u32 = 1 << 22;
    let is_credible = value <= i32::MAX.cast_unsigned() && waiting <= MOST_THREADS;
    is_credible.then_some(Content::Semaphore { layout, value, waiting: Some(waiting.into()) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(words: [u32; 8]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    fn semaphore(layout: Layout, value: u32, waiting: u64) -> Content {
        Content::Semaphore { layout, value, waiting: Some(waiting) }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn semaphores_of_the_gnu_c_library() {
        let content = |words| parse(b"sem.x", &file(words), true);
        assert_eq!(content([7, 2, 0x80, 0, 0, 0, 0, 0]), semaphore(Layout::Glibc, 7, 2));
        assert_eq!(content([0, 0, 0x80, 0, 0, 0, 0, 0]), semaphore(Layout::Glibc, 0, 0));
        for words in [
            [7, 2, 0x80, 1, 0, 0, 0, 0],
            [7, 2, 0x81, 0, 0, 0, 0, 0],
            [1 << 31, 2, 0x80, 0, 0, 0, 0, 0],
            [7, u32::MAX, 0x80, 0, 0, 0, 0, 0],
            [7, 2, 0x80, 0, 0, 0, 0, 9],
        ] {
            assert_eq!(content(words), Content::Foreign, "{words:?}");
        }
        // Without the prefix it cannot be one.
        let bytes = file([7, 2, 0x80, 0, 0, 0, 0, 0]);
        assert_eq!(parse(b"x", &bytes, true), Content::Foreign);
    }

    #[test]
    fn a_new_semaphore_is_read_back() {
        for value in [0, 1, i32::MAX.cast_unsigned()] {
            let content = parse(b"sem.x", &new_file(value), true);
            assert_eq!(content, semaphore(Layout::Glibc, value, 0));
        }
    }

    #[test]
    fn semaphores_of_musl() {
        let content = |words| parse(b"x", &file(words), true);
        // musl 1.2.3 wrote these but for the numbers at their ends.
        assert_eq!(content([5, 0, 0, 9, 5, 6, 7, 8]), semaphore(Layout::Musl, 5, 0));
        assert_eq!(content([u32::MAX, 3, 0, 9, 5, 6, 7, 8]), semaphore(Layout::Musl, 0, 3));
        // Later versions.
        assert_eq!(content([1 << 31, 4, 0, 0, 0, 0, 0, 0]), semaphore(Layout::Musl, 0, 4));
        assert_eq!(content([1 << 31 | 2, 1, 0, 0, 0, 0, 0, 0]), semaphore(Layout::Musl, 2, 1));
        assert_eq!(content([3, 0, 1, 0, 0, 0, 0, 0]), Content::Foreign);
        assert_eq!(parse(b"x", &file([0; 8]), false), Content::Foreign);
        // Any name will do.
        let bytes = file([3, 0, 0, 0, 5, 6, 7, 8]);
        assert_eq!(parse(b"sem.x", &bytes, true), semaphore(Layout::Musl, 3, 0));
    }

    #[test]
    fn a_file_of_another_size_is_foreign() {
        for size in [0, 1, 31, 33] {
            assert_eq!(parse(b"sem.x", &vec![0; size], true), Content::Foreign);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(b"sem.x", &bytes, true);
        }
    }
}
