//! The small types that name an object: kind, id, key, mode.

use std::fmt;

/// The words of a segment's status, in the order in which they are shown.
pub const STATUS_WORDS: [&str; 2] = [STATUS_DEST, STATUS_LOCKED];
/// The `status` word of a segment that is removed but still attached.
pub const STATUS_DEST: &str = "dest";
/// The `status` word of a segment that is locked in memory (`SHM_LOCK`).
pub const STATUS_LOCKED: &str = "locked";

/// One of the three kinds of System V IPC objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A shared memory segment.
    Shm,
    /// A message queue.
    Msg,
    /// A semaphore set.
    Sem,
}

impl Kind {
    /// The three kinds in the order of JSON and of the new formats.
    pub const ALL: [Kind; 3] = [Kind::Shm, Kind::Msg, Kind::Sem];
    /// The three kinds in the order of the classic sections.
    pub const CLASSIC: [Kind; 3] = [Kind::Msg, Kind::Shm, Kind::Sem];

    /// The short word of JSON, of /proc/sysvipc and of `ipcrm`: `shm`, `msg`, `sem`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Shm => "shm",
            Kind::Msg => "msg",
            Kind::Sem => "sem",
        }
    }

    /// The kind that a word names.
    #[must_use]
    pub fn from_word(word: &[u8]) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.word().as_bytes() == word)
    }

    /// What a person calls one object of this kind.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Shm => "shared memory segment",
            Kind::Msg => "message queue",
            Kind::Sem => "semaphore set",
        }
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Kinds(u8);

impl Kinds {
    /// No kind.
    pub const NONE: Kinds = Kinds(0);
    /// All three kinds.
    pub const ALL: Kinds = Kinds(7);
    /// Shared memory only.
    pub const SHM: Kinds = Kinds::of(Kind::Shm);
    /// Message queues only.
    pub const MSG: Kinds = Kinds::of(Kind::Msg);
    /// Semaphore sets only.
    pub const SEM: Kinds = Kinds::of(Kind::Sem);

    /// The set of one kind.
    #[must_use]
    pub const fn of(kind: Kind) -> Kinds {
        Kinds(1 << kind as u8)
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// Adds one kind.
    pub fn insert(&mut self, kind: Kind) {
        *self = self.and(Kinds::of(kind));
    }

    /// Whether the kind is in the set.
    #[must_use]
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// Whether the sets have a kind in common.
    #[must_use]
    pub const fn intersects(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every kind of `self` is in `other`.
    #[must_use]
    pub const fn within(self, other: Kinds) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds, in the order of the new formats.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |k| self.contains(*k))
    }

    /// The words of the kinds with something between them, or `all`.
    #[must_use]
    pub fn words(self, between: &str, all: &str) -> String {
        if self == Kinds::ALL {
            return all.to_owned();
        }
        self.iter().map(Kind::word).collect::<Vec<_>>().join(between)
    }

    /// The only kind of the set, if there is exactly one.
    #[must_use]
    pub fn single(self) -> Option<Kind> {
        let mut kinds = self.iter();
        let first = kinds.next()?;
        kinds.next().is_none().then_some(first)
    }
}

/// Why a typed number is not an id or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseNumberError {
    /// Not a number at all, or a negative id.
    #[error("not a number")]
    Malformed,
    /// A number, but not one that an id or a key can be.
    #[error("Numerical result out of range")]
    OutOfRange,
}

/// The identifier of an object: `seq << shift | index` (ipc/util.h). Never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub i32);

impl Id {
    /// Parses what a person typed: decimal (a leading `0` is decimal too), or hex behind `0x`.
    ///
    /// # Errors
    /// Anything else, and what lies outside 0 to 2147483647.
    pub fn parse(text: &[u8]) -> Result<Id, ParseNumberError> {
        let number = SignedDigits::split(text);
        match number.digits {
            [b'0', b'x' | b'X', hex @ ..] => Id::from_digits(&number, hex, 16),
            digits => Id::from_digits(&number, digits, 10),
        }
    }

    /// Parses a decimal id only, as `ipcs -i` always did.
    ///
    /// # Errors
    /// Anything else, and what lies outside 0 to 2147483647.
    pub fn parse_decimal(text: &[u8]) -> Result<Id, ParseNumberError> {
        let number = SignedDigits::split(text);
        Id::from_digits(&number, number.digits, 10)
    }

    fn from_digits(
        number: &SignedDigits<'_>,
        digits: &[u8],
        base: u32,
    ) -> Result<Id, ParseNumberError> {
        let value = parse_digits(digits, base)?;
        if number.negative && value != 0 {
            // util-linux tells the reason where 32 bits do not hold it.
            let fits = value <= u64::from(i32::MIN.unsigned_abs());
            return Err(match fits {
                true => ParseNumberError::Malformed,
                false => ParseNumberError::OutOfRange,
            });
        }
        i32::try_from(value).map(Id).map_err(|_| ParseNumberError::OutOfRange)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The key of an object (`key_t`, 32 bits). 0 is `IPC_PRIVATE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u32);

impl Key {
    /// `IPC_PRIVATE`: an object without a key.
    pub const PRIVATE: Key = Key(0);

    /// Parses what a person typed: decimal, hex behind `0x`, octal behind `0`, from -2147483648
    /// (as /proc prints keys) to 4294967295.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &[u8]) -> Result<Key, ParseNumberError> {
        let number = SignedDigits::split(text);
        let (digits, base) = match number.digits {
            [b'0', b'x' | b'X', hex @ ..] => (hex, 16),
            [b'0', octal @ ..] if !octal.is_empty() => (octal, 8),
            other => (other, 10),
        };
        let value = parse_digits(digits, base)?;
        if number.negative {
            let value = i64::try_from(value).map_err(|_| ParseNumberError::OutOfRange)?;
            return i32::try_from(-value)
                .map(|key| Key(key.cast_unsigned()))
                .map_err(|_| ParseNumberError::OutOfRange);
        }
        u32::try_from(value).map(Key).map_err(|_| ParseNumberError::OutOfRange)
    }

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

/// A number as strtol(3) takes it: blanks, a sign, digits.
pub(crate) struct SignedDigits<'a> {
    pub(crate) negative: bool,
    pub(crate) digits: &'a [u8],
}

impl<'a> SignedDigits<'a> {
    pub(crate) fn split(text: &'a [u8]) -> SignedDigits<'a> {
        let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r');
        let start = text.iter().position(|b| !is_space(b)).unwrap_or(text.len());
        match &text[start..] {
            [b'-', digits @ ..] => SignedDigits { negative: true, digits },
            [b'+', digits @ ..] => SignedDigits { negative: false, digits },
            digits => SignedDigits { negative: false, digits },
        }
    }
}

/// The value of all of `digits`, of which there must be one at least.
pub(crate) fn parse_digits(digits: &[u8], base: u32) -> Result<u64, ParseNumberError> {
    if digits.is_empty() {
        return Err(ParseNumberError::Malformed);
    }
    let mut value = Some(0u64);
    for byte in digits {
        let digit = char::from(*byte).to_digit(base).ok_or(ParseNumberError::Malformed)?;
        value = value
            .and_then(|v| v.checked_mul(u64::from(base)))
            .and_then(|v| v.checked_add(u64::from(digit)));
    }
    value.ok_or(ParseNumberError::OutOfRange)
}

/// The `mode` of an object: nine permission bits, and for segments `SHM_DEST` and `SHM_LOCKED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode(pub u16);

impl Mode {
    /// Marked for destruction: goes when the last process detaches (include/linux/shm.h).
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
    fn ids_are_decimal_or_prefixed_hex() {
        for (text, id) in
            [("0", 0), ("010", 10), (" \t+5", 5), ("0x10", 16), ("0X1f", 31), ("-0", 0)]
        {
            assert_eq!(Id::parse(text.as_bytes()), Ok(Id(id)), "{text:?}");
        }
        assert_eq!(Id::parse(b"2147483647"), Ok(Id(i32::MAX)));
        assert_eq!(Id::parse_decimal(b"0x10"), Err(ParseNumberError::Malformed));
        assert_eq!(Id::parse_decimal(b"010"), Ok(Id(10)));
    }

    #[test]
    fn malformed_ids_are_told_from_those_out_of_range() {
        for text in ["", " ", "-1", "-2147483648", "abc", "5 ", "5x", "0x", "1_0", "+-1", "--1"] {
            assert_eq!(Id::parse(text.as_bytes()), Err(ParseNumberError::Malformed), "{text:?}");
        }
        for text in [
            "2147483648",
            "4294967296",
            "99999999999999999999999",
            "0x80000000",
            "-2147483649",
            "-99999999999999999999999",
        ] {
            assert_eq!(Id::parse(text.as_bytes()), Err(ParseNumberError::OutOfRange), "{text:?}");
        }
    }

    #[test]
    fn keys_take_every_base_and_the_sign_of_proc() {
        for (text, key) in [
            ("0x1234", 0x1234),
            ("010", 8),
            ("-1", u32::MAX),
            ("-2147483648", 0x8000_0000),
            ("4294967295", u32::MAX),
            ("0", 0),
        ] {
            assert_eq!(Key::parse(text.as_bytes()), Ok(Key(key)), "{text:?}");
        }
        for text in ["-2147483649", "4294967296", "0x500001234", "18446744073709551616"] {
            assert_eq!(Key::parse(text.as_bytes()), Err(ParseNumberError::OutOfRange), "{text:?}");
        }
        for text in ["", "0x", "09", "abc", "12 "] {
            assert_eq!(Key::parse(text.as_bytes()), Err(ParseNumberError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn modes_are_written_as_ls_does() {
        assert_eq!(&Mode(0o640).symbolic(), b"rw-r-----");
        assert_eq!(&Mode(0o3777).symbolic(), b"rwxrwxrwx");
        assert_eq!(Mode(0o3600).status(), ["dest", "locked"]);
    }
}
