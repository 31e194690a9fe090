//! /proc/PID/status (proc_pid_status(5)): the ids and capabilities of a process.

use super::ParseError;
use super::text::{Words, decimal, hex, lines};

/// The user ids of a process (credentials(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Uids {
    /// Real: the user who started it.
    pub real: u32,
    /// Effective: the user whose permissions it has.
    pub effective: u32,
    /// Saved: the user whose permissions it may take back.
    pub saved: u32,
    /// File system: the user whose permissions it has on files.
    pub fs: u32,
}

impl Uids {
    /// All four.
    #[must_use]
    pub fn all(&self) -> [u32; 4] {
        [self.real, self.effective, self.saved, self.fs]
    }
}

/// The fields that are used of /proc/PID/status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The process that this thread belongs to.
    pub tgid: i32,
    /// Its user ids.
    pub uids: Uids,
    /// Its group ids: real, effective, saved, file system, then the supplementary ones.
    pub gids: Vec<u32>,
    /// Effective capabilities, one bit each (capabilities(7)); 0 where the kernel does not show them.
    pub cap_eff: u64,
}

impl Status {
    /// Reads the file.
    ///
    /// # Errors
    /// A field that is missing or malformed.
    pub fn parse(text: &[u8]) -> Result<Status, ParseError> {
        let (mut tgid, mut uids, mut cap_eff) = (None, None, 0);
        let mut gids = Vec::new();
        // The kernel escapes a newline in the process name, so it cannot fake a line.
        for line in lines(text) {
            if let Some(rest) = line.strip_prefix(b"Tgid:") {
                tgid = Some(Words::new(rest).decimal("Tgid")?);
            } else if let Some(rest) = line.strip_prefix(b"Uid:") {
                let mut words = Words::new(rest);
                uids = Some(Uids {
                    real: words.decimal("Uid")?,
                    effective: words.decimal("Uid")?,
                    saved: words.decimal("Uid")?,
                    fs: words.decimal("Uid")?,
                });
            } else if let Some(rest) =
                line.strip_prefix(b"Gid:").or_else(|| line.strip_prefix(b"Groups:"))
            {
                let mut words = Words::new(rest);
                while let Some(word) = words.optional() {
                    gids.push(decimal("Gid", word)?);
                }
            } else if let Some(rest) = line.strip_prefix(b"CapEff:") {
                cap_eff = hex("CapEff", rest.trim_ascii())?;
            }
        }
        Ok(Status {
            tgid: tgid.ok_or(ParseError::Missing { field: "Tgid" })?,
            uids: uids.ok_or(ParseError::Missing { field: "Uid" })?,
            gids,
            cap_eff,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_and_capabilities() {
        let text = b"Name:\tUid:\\n 7\nState:\tS (sleeping)\nTgid:\t812\nPid:\t814\nUid:\t33\t0\t33\t4294967294\nGid:\t1\t1\t1\t1\nGroups:\t4 24 \nCapEff:\t0000000000080000\n";
        let status = Status::parse(text).unwrap();
        assert_eq!((status.tgid, status.cap_eff), (812, 1 << 19));
        assert_eq!(status.uids, Uids { real: 33, effective: 0, saved: 33, fs: 4_294_967_294 });
        assert_eq!(status.gids, [1, 1, 1, 1, 4, 24]);
    }

    #[test]
    fn an_invalid_field_is_reported() {
        assert_eq!(Status::parse(b"Tgid:\t1\n").unwrap_err().to_string(), "field Uid is missing");
        let error = Status::parse(b"Tgid:\t1\nUid:\t1 -2 3 4\n").unwrap_err();
        assert_eq!(error.to_string(), "field Uid has the invalid value '-2'");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Status::parse(&text);
        }

        #[test]
        fn any_ids_are_read_back(ids in any::<[u32; 4]>(), tgid in 0..=i32::MAX) {
            let [real, effective, saved, fs] = ids;
            let text = format!("Tgid:\t{tgid}\nUid:\t{real}\t{effective}\t{saved}\t{fs}\n");
            let status = Status::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(status.uids, Uids { real, effective, saved, fs });
            prop_assert_eq!(status.tgid, tgid);
        }
    }
}
