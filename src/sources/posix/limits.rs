//! Limits and sums of POSIX objects: sysctls of the IPC namespace (mq_overview(7)), and the file
//! system of /dev/shm.

use std::io;
use std::ops::ControlFlow;

use nix::sys::statvfs::{Statvfs, fstatvfs};

use super::Posix;
use crate::columns::Needs;
use crate::model::{
    Kind, KindLimits, KindUsage, Object, PmsgLimits, PmsgUsage, PsemLimits, PsemUsage, PshmLimits,
    PshmUsage, SEM_VALUE_MAX,
};
use crate::proc::sysctl;
use crate::sources::{Gap, Source};
use crate::sys::Errno;

impl Posix {
    /// The limits of a kind.
    ///
    /// # Errors
    /// Why they cannot be read; EOPNOTSUPP for a kind of System V.
    pub fn limits(&self, kind: Kind) -> Result<KindLimits, Gap> {
        let gap = |error| Gap::Limits { kind, error };
        match kind {
            Kind::Pshm => {
                let fs = self.file_system(kind)?.ok_or(gap(Errno::ENOENT))?;
                Ok(KindLimits::Pshm(PshmLimits {
                    // A file system without a limit reports 0.
                    devshm_bytes: Some(bytes(&fs, fs.blocks())).filter(|bytes| *bytes > 0),
                    devshm_inodes: Some(fs.files()).filter(|files| *files > 0),
                }))
            }
            Kind::Pmsg => {
                let number = |name| self.sysctl(name).ok_or(gap(Errno::ENOENT));
                Ok(KindLimits::Pmsg(PmsgLimits {
                    queues_max: number("queues_max")?,
                    msg_max: number("msg_max")?,
                    msgsize_max: number("msgsize_max")?,
                    msg_default: number("msg_default")?,
                    msgsize_default: number("msgsize_default")?,
                }))
            }
            Kind::Psem => Ok(KindLimits::Psem(PsemLimits { value_max: SEM_VALUE_MAX })),
            Kind::Shm | Kind::Msg | Kind::Sem => Err(gap(Errno::EOPNOTSUPP)),
        }
    }

    /// The sums over the objects of a kind; further gaps are of single objects.
    ///
    /// # Errors
    /// Why they cannot be read; EOPNOTSUPP for a kind of System V.
    pub fn usage(&self, kind: Kind, gaps: &mut Vec<Gap>) -> Result<KindUsage, Gap> {
        match kind {
            Kind::Pshm => {
                let fs = self.file_system(kind)?;
                let (mut objects, mut bytes_of_files) = (0u64, 0u64);
                self.each(kind, gaps, |object| {
                    objects = objects.saturating_add(1);
                    let allocated = object.file().map_or(0, |file| file.allocated);
                    bytes_of_files = bytes_of_files.saturating_add(allocated);
                });
                let used = fs.map(|fs| {
                    let blocks = fs.blocks().saturating_sub(fs.blocks_free());
                    (bytes(&fs, blocks), fs.files().saturating_sub(fs.files_free()))
                });
                let (devshm_bytes, devshm_inodes) = used.unwrap_or((bytes_of_files, objects));
                Ok(KindUsage::Pshm(PshmUsage { objects, devshm_bytes, devshm_inodes }))
            }
            Kind::Pmsg => {
                let mut sums = PmsgUsage { queues: 0, messages: Some(0), bytes: Some(0) };
                let add = |sum: Option<u64>, more: Option<u64>| Some(sum?.saturating_add(more?));
                self.directory(kind)?;
                self.each(kind, gaps, |object| {
                    sums.queues = sums.queues.saturating_add(1);
                    sums.messages = add(sums.messages, object.messages());
                    sums.bytes = add(sums.bytes, object.cbytes());
                });
                Ok(KindUsage::Pmsg(sums))
            }
            Kind::Psem => {
                let mut semaphores = 0u64;
                self.directory(kind)?;
                self.each(kind, gaps, |_| semaphores = semaphores.saturating_add(1));
                Ok(KindUsage::Psem(PsemUsage { semaphores }))
            }
            Kind::Shm | Kind::Msg | Kind::Sem => Err(Gap::Usage { kind, error: Errno::EOPNOTSUPP }),
        }
    }

    /// Looks at every object of a kind.
    fn each(&self, kind: Kind, gaps: &mut Vec<Gap>, mut look: impl FnMut(&Object)) {
        let take = &mut |batch: super::Batch| -> io::Result<ControlFlow<()>> {
            batch.objects.iter().for_each(&mut look);
            gaps.extend(batch.gaps);
            Ok(ControlFlow::Continue(()))
        };
        // It only passes on errors of `take`.
        let _ = self.read(kind, Needs::NOTHING, take);
    }

    /// The file system of /dev/shm; `None` if there is none.
    fn file_system(&self, kind: Kind) -> Result<Option<Statvfs>, Gap> {
        let Some(directory) = self.directory(kind)? else { return Ok(None) };
        fstatvfs(directory).map(Some).map_err(|error| Gap::Limits { kind, error })
    }

    fn sysctl(&self, name: &str) -> Option<u64> {
        let text = self.proc.read(format!("sys/fs/mqueue/{name}")).ok()?;
        sysctl::parse_numbers::<u64>(&text)?.first().copied()
    }
}

#[allow(clippy::unnecessary_cast, clippy::useless_conversion)] // Types differ by architecture.
fn bytes(fs: &Statvfs, blocks: nix::libc::fsblkcnt_t) -> u64 {
    u64::from(fs.fragment_size()).saturating_mul(u64::from(blocks))
}
