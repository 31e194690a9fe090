//! The rows of /proc/sysvipc/{shm,msg,sem} (proc(5), ipc/util.c of the kernel).
//!
//! A key is printed as a signed decimal, `perms` in octal, everything else in decimal. Kernels
//! before 2.6.34 have no `rss` and `swap`.

use super::ParseError;
use super::text::{Words, magnitude, malformed};
use crate::model::{Body, Family, Id, Identity, Key, Kind, Mode, Msg, Object, Owner, Sem, Shm};

/// The file below /proc that lists the objects of a family.
#[must_use]
pub fn file(kind: Kind) -> &'static str {
    match kind.family() {
        Family::SharedMemory => "sysvipc/shm",
        Family::Queue => "sysvipc/msg",
        Family::Semaphore => "sysvipc/sem",
    }
}

/// Whether a line is the header of a kind's file. Without it the file is masked by something else.
#[must_use]
pub fn is_header(kind: Kind, line: &[u8]) -> bool {
    let mut words = Words::new(line);
    let id: &[u8] = match kind.family() {
        Family::SharedMemory => b"shmid",
        Family::Queue => b"msqid",
        Family::Semaphore => b"semid",
    };
    words.optional() == Some(b"key") && words.optional() == Some(id)
}

/// Reads one row (not the header) of a kind's file.
///
/// # Errors
/// The first field that is missing or not a number.
pub fn parse(kind: Kind, line: &[u8]) -> Result<Object, ParseError> {
    let mut fields = Words::new(line);
    match kind.family() {
        Family::SharedMemory => shm(&mut fields),
        Family::Queue => msg(&mut fields),
        Family::Semaphore => sem(&mut fields),
    }
}

fn shm(fields: &mut Words<'_>) -> Result<Object, ParseError> {
    let mut object = fields.head(Kind::Shm, "shmid")?;
    let size = fields.number("size")?;
    let cpid = fields.number("cpid")?;
    let lpid = fields.number("lpid")?;
    let nattch = fields.number("nattch")?;
    fields.owners(&mut object)?;
    let atime = fields.number("atime")?;
    let dtime = fields.number("dtime")?;
    object.ctime = fields.number("ctime")?;
    let rss = fields.optional_number("rss")?;
    let swap = fields.optional_number("swap")?;
    object.body = Body::Shm(Shm { size, nattch, cpid, lpid, atime, dtime, rss, swap });
    Ok(object)
}

fn msg(fields: &mut Words<'_>) -> Result<Object, ParseError> {
    let mut object = fields.head(Kind::Msg, "msqid")?;
    let cbytes = fields.number("cbytes")?;
    let qnum = fields.number("qnum")?;
    let lspid = fields.number("lspid")?;
    let lrpid = fields.number("lrpid")?;
    fields.owners(&mut object)?;
    let stime = fields.number("stime")?;
    let rtime = fields.number("rtime")?;
    object.ctime = fields.number("ctime")?;
    object.body = Body::Msg(Msg { cbytes, qbytes: None, qnum, lspid, lrpid, stime, rtime });
    Ok(object)
}

fn sem(fields: &mut Words<'_>) -> Result<Object, ParseError> {
    let mut object = fields.head(Kind::Sem, "semid")?;
    let nsems = fields.number("nsems")?;
    fields.owners(&mut object)?;
    let otime = fields.number("otime")?;
    object.ctime = fields.number("ctime")?;
    object.body = Body::Sem(Sem { nsems, otime });
    Ok(object)
}

/// The fields that the rows of all kinds share.
impl Words<'_> {
    /// An object with its key, id and mode; the caller fills in the rest.
    fn head(&mut self, kind: Kind, id: &'static str) -> Result<Object, ParseError> {
        let key: i64 = self.number("key")?;
        // The kernel prints it signed (`%10d`), but an unsigned one is unambiguous too.
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
        Ok(Object {
            identity: Identity::sysv(kind, Id(number)),
            key: Some(Key(key)),
            seq: None,
            owner: Owner::default(),
            creator: None,
            mode: Mode(mode),
            ctime: 0,
            body: Body::Sem(Sem::default()),
        })
    }

    fn owners(&mut self, object: &mut Object) -> Result<(), ParseError> {
        object.owner = Owner { uid: self.number("uid")?, gid: self.number("gid")? };
        object.creator = Some(Owner { uid: self.number("cuid")?, gid: self.number("cgid")? });
        Ok(())
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
        let object = parse(Kind::Shm, SHM).unwrap();
        assert_eq!(object.identity, Identity::sysv(Kind::Shm, Id(2)));
        assert_eq!(object.key, Some(Key(0xdead_beef)));
        assert_eq!((object.mode, object.owner.uid), (Mode(0o666), 998));
        assert_eq!(object.ctime, 1_795_413_386);
        let shm = object.shm().unwrap();
        assert_eq!((shm.size, shm.cpid), (3_000_000_000, 12057));
        assert_eq!((shm.rss, shm.swap), (Some(4096), Some(0)));
    }

    #[test]
    fn a_segment_of_a_kernel_before_rss_and_swap() {
        let old = &SHM[..SHM.windows(10).position(|w| w == b"1795413386").unwrap() + 10];
        let object = parse(Kind::Shm, old).unwrap();
        let shm = object.shm().unwrap();
        assert_eq!((object.ctime, shm.rss, shm.swap), (1_795_413_386, None, None));
    }

    #[test]
    fn a_header_names_the_id_of_its_kind() {
        let header = b"       key      msqid perms      cbytes       qnum lspid lrpid";
        assert!(is_header(Kind::Msg, header));
        assert!(!is_header(Kind::Shm, header));
        assert!(!is_header(Kind::Msg, b"key"));
        assert!(!is_header(Kind::Msg, b"<html><body>key msqid"));
        assert!(!is_header(Kind::Shm, SHM));
    }

    #[test]
    fn uids_above_sixteen_bits() {
        let set = parse(Kind::Sem, b"119 0 660 3 4294967294 70000 0 0 0 1795413386").unwrap();
        assert_eq!(set.owner, Owner { uid: 4_294_967_294, gid: 70_000 });
        assert_eq!(set.size(), 3);
    }

    #[test]
    fn an_invalid_field_is_reported() {
        let error = parse(Kind::Msg, b"1 2 644 x\x1b 0 0 0 0 0 0 0 0 0 0").unwrap_err();
        assert_eq!(error.to_string(), "field cbytes has the invalid value 'x\\x1b'");
        assert_eq!(parse(Kind::Sem, b"1 2").unwrap_err().to_string(), "field perms is missing");
        let wrong = |id: &str| {
            let line = format!("1 {id} 644 1 0 0 0 0 0 0");
            parse(Kind::Sem, line.as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(wrong("-2"), "field semid has the invalid value '-2'");
        assert_eq!(wrong("x"), "field semid has the invalid value 'x'");
        assert_eq!(
            wrong(&"7".repeat(100_000)),
            format!("field semid has the invalid value '{}...'", "7".repeat(60))
        );
        assert_eq!(
            wrong(&"x".repeat(60)),
            format!("field semid has the invalid value '{}'", "x".repeat(60))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            for kind in Kind::SYSTEM_V {
                let _ = parse(*kind, &line);
            }
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
            let set = parse(Kind::Sem, line.as_bytes()).unwrap();
            prop_assert_eq!(set.key, Some(Key(key.cast_unsigned())));
            prop_assert_eq!((set.id(), set.mode), (Some(Id(id)), Mode(mode)));
            prop_assert_eq!(set.owner, Owner { uid, gid });
            prop_assert_eq!(set.creator, Some(Owner { uid: cuid, gid: cgid }));
            prop_assert_eq!(set.body, Body::Sem(Sem { nsems: nsems.into(), otime: times[0] }));
            prop_assert_eq!(set.ctime, times[1]);
        }
    }
}
