//! The rows of /proc/sysvipc/{shm,msg,sem} (proc(5), ipc/util.c of the kernel).
//!
//! A key is printed as a signed decimal, `perms` in octal, everything else in decimal. Kernels
//! before 2.6.34 have no `rss` and `swap`.

use super::ParseError;
use super::text::{Words, magnitude, malformed};
use crate::model::{Id, Key, Mode, MsgQueue, Object, Perm, SemSet, Shm};

/// A kind of object that has a file in /proc/sysvipc.
pub trait SysvipcRow: Object {
    /// Reads one row (not the header).
    ///
    /// # Errors
    /// The first field that is missing or no number.
    fn parse(line: &[u8]) -> Result<Self, ParseError>;

    /// The file below /proc.
    #[must_use]
    fn file() -> &'static str {
        match Self::KIND {
            crate::model::Kind::Shm => "sysvipc/shm",
            crate::model::Kind::Msg => "sysvipc/msg",
            crate::model::Kind::Sem => "sysvipc/sem",
        }
    }
}

impl SysvipcRow for Shm {
    fn parse(line: &[u8]) -> Result<Self, ParseError> {
        let mut fields = Words::new(line);
        let (key, id, mode) = fields.head("shmid")?;
        let size = fields.number("size")?;
        let cpid = fields.number("cpid")?;
        let lpid = fields.number("lpid")?;
        let nattch = fields.number("nattch")?;
        Ok(Shm {
            perm: fields.owners(key, id, mode)?,
            size,
            nattch,
            cpid,
            lpid,
            atime: fields.number("atime")?,
            dtime: fields.number("dtime")?,
            ctime: fields.number("ctime")?,
            rss: fields.optional_number("rss")?,
            swap: fields.optional_number("swap")?,
        })
    }
}

impl SysvipcRow for MsgQueue {
    fn parse(line: &[u8]) -> Result<Self, ParseError> {
        let mut fields = Words::new(line);
        let (key, id, mode) = fields.head("msqid")?;
        let cbytes = fields.number("cbytes")?;
        let qnum = fields.number("qnum")?;
        let lspid = fields.number("lspid")?;
        let lrpid = fields.number("lrpid")?;
        Ok(MsgQueue {
            perm: fields.owners(key, id, mode)?,
            cbytes,
            qbytes: None,
            qnum,
            lspid,
            lrpid,
            stime: fields.number("stime")?,
            rtime: fields.number("rtime")?,
            ctime: fields.number("ctime")?,
        })
    }
}

impl SysvipcRow for SemSet {
    fn parse(line: &[u8]) -> Result<Self, ParseError> {
        let mut fields = Words::new(line);
        let (key, id, mode) = fields.head("semid")?;
        let nsems = fields.number("nsems")?;
        Ok(SemSet {
            perm: fields.owners(key, id, mode)?,
            nsems,
            otime: fields.number("otime")?,
            ctime: fields.number("ctime")?,
        })
    }
}

/// What the rows of all kinds share.
impl Words<'_> {
    fn head(&mut self, id: &'static str) -> Result<(Key, Id, Mode), ParseError> {
        let key: i64 = self.number("key")?;
        // Signed since ever (`%10d`), but an unsigned one would be just as clear.
        let key = i32::try_from(key)
            .map(i32::cast_unsigned)
            .or_else(|_| u32::try_from(key))
            .map_err(|_| malformed("key", key.to_string().as_bytes()))?;
        let number: i32 = self.number(id)?;
        let text = self.next("perms")?;
        let mode = std::str::from_utf8(text)
            .ok()
            .and_then(|text| u16::from_str_radix(text, 8).ok())
            .ok_or_else(|| malformed("perms", text))?;
        if number < 0 {
            return Err(malformed(id, number.to_string().as_bytes()));
        }
        Ok((Key(key), Id(number), Mode(mode)))
    }

    fn owners(&mut self, key: Key, id: Id, mode: Mode) -> Result<Perm, ParseError> {
        Ok(Perm {
            key,
            id,
            seq: None,
            uid: self.number("uid")?,
            gid: self.number("gid")?,
            cuid: self.number("cuid")?,
            cgid: self.number("cgid")?,
            mode,
        })
    }

    fn number<T: Number>(&mut self, field: &'static str) -> Result<T, ParseError> {
        self.optional_number(field)?.ok_or(ParseError::Missing { field })
    }

    fn optional_number<T: Number>(&mut self, field: &'static str) -> Result<Option<T>, ParseError> {
        let Some(text) = self.optional() else { return Ok(None) };
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        magnitude(digits)
            .and_then(|magnitude| T::make(negative, magnitude))
            .map(Some)
            .ok_or_else(|| malformed(field, text))
    }
}

/// The types of fields.
trait Number: Sized {
    fn make(negative: bool, magnitude: u64) -> Option<Self>;
}

macro_rules! impl_number {
    ($($type:ty),+) => {
        $(impl Number for $type {
            fn make(negative: bool, magnitude: u64) -> Option<Self> {
                let value = if negative { 0i64.checked_sub_unsigned(magnitude) } else { None };
                match value {
                    Some(value) => value.try_into().ok(),
                    None if negative => None,
                    None => magnitude.try_into().ok(),
                }
            }
        })+
    };
}

impl_number!(u64, u32, i64, i32);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHM: &[u8] = b"-559038737          2   666            3000000000 12057     0      0   998   998     0     0          0          0 1795413386                  4096                  0";

    #[test]
    fn a_segment_of_a_current_kernel() {
        let shm = Shm::parse(SHM).unwrap();
        assert_eq!(shm.perm.key, Key(0xdead_beef));
        assert_eq!((shm.perm.id, shm.perm.mode, shm.perm.uid), (Id(2), Mode(0o666), 998));
        assert_eq!((shm.size, shm.cpid, shm.ctime), (3_000_000_000, 12057, 1_795_413_386));
        assert_eq!((shm.rss, shm.swap), (Some(4096), Some(0)));
    }

    #[test]
    fn a_segment_of_a_kernel_before_rss_and_swap() {
        let old = &SHM[..SHM.windows(10).position(|w| w == b"1795413386").unwrap() + 10];
        let shm = Shm::parse(old).unwrap();
        assert_eq!((shm.ctime, shm.rss, shm.swap), (1_795_413_386, None, None));
    }

    #[test]
    fn uids_above_sixteen_bits() {
        let set = SemSet::parse(b"119 0 660 3 4294967294 70000 0 0 0 1795413386").unwrap();
        assert_eq!((set.perm.uid, set.perm.gid, set.nsems), (4_294_967_294, 70_000, 3));
    }

    #[test]
    fn an_odd_field_is_named() {
        let error = MsgQueue::parse(b"1 2 644 x\x1b 0 0 0 0 0 0 0 0 0 0").unwrap_err();
        assert_eq!(error.to_string(), "field cbytes is 'x\\x1b'");
        assert_eq!(SemSet::parse(b"1 2").unwrap_err().to_string(), "no field perms");
        let wrong = |id: &str| {
            let line = format!("1 {id} 644 1 0 0 0 0 0 0");
            SemSet::parse(line.as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(wrong("-2"), "field semid is '-2'");
        assert_eq!(wrong("x"), "field semid is 'x'");
        assert_eq!(wrong(&"7".repeat(100_000)), format!("field semid is '{}...'", "7".repeat(60)));
        assert_eq!(wrong(&"x".repeat(60)), format!("field semid is '{}'", "x".repeat(60)));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Shm::parse(&line), MsgQueue::parse(&line), SemSet::parse(&line));
        }

        #[test]
        fn what_the_kernel_prints_is_read_back(
            key in any::<i32>(), id in 0..=i32::MAX, mode in 0u16..0o4000, nsems in any::<u32>(),
            owners in any::<[u32; 4]>(), times in any::<[i64; 2]>(),
        ) {
            let [uid, gid, cuid, cgid] = owners;
            let line = format!(
                "{key:10} {id:10}  {mode:4o} {nsems:10} {uid:5} {gid:5} {cuid:5} {cgid:5} {:10} {:10}",
                times[0], times[1]
            );
            let set = SemSet::parse(line.as_bytes()).unwrap();
            prop_assert_eq!(set.perm.key, Key(key.cast_unsigned()));
            prop_assert_eq!((set.perm.id, set.perm.mode), (Id(id), Mode(mode)));
            prop_assert_eq!([set.perm.uid, set.perm.gid, set.perm.cuid, set.perm.cgid], owners);
            prop_assert_eq!((set.nsems, set.otime, set.ctime), (u64::from(nsems), times[0], times[1]));
        }
    }
}
