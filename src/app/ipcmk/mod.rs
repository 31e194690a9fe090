//! `ipcmk`: creates objects.

mod document;
mod object;
mod posix;
mod posix_refusal;
mod refusal;

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use anyhow::anyhow;
use serde::{Deserialize, Serialize};

use self::document::{Created, Document};
use self::object::Object;
use self::posix::Place;
use crate::app::namespaces::{NamespaceScope, run_in_open, scope};
use crate::app::session::{Exit, Session};
use crate::app::shm_files;
use crate::cli::ipcmk::{Ipcmk, UTIL_LINUX_OPTIONS};
use crate::cli::numbers::{ParseNumberError, parse_key};
use crate::cli::values::{parse_count, parse_mode, parse_natural, parse_size};
use crate::cli::{Typed, UsageError, parse};
use crate::model::{Key, Kinds, PosixName, System};
use crate::namespaces::{Scope, open};
use crate::proc::{ProcRoot, file_id};
use crate::sources::ShmFiles;
use crate::sys::{Errno, error_text};

const DEFAULT_MODE: u16 = 0o644;

/// Runs the program.
///
/// # Errors
/// A wrong command line, an object that cannot be created, output that cannot be written.
pub fn run(session: &mut Session, argv: Vec<OsString>) -> anyhow::Result<Exit> {
    let args = parse::<Ipcmk>(&UTIL_LINUX_OPTIONS, argv)?;
    let request = Request::check(&args)?;
    if args.help {
        return Ok(session.help::<Ipcmk>()?);
    }
    if args.version {
        return Ok(session.version::<Ipcmk>()?);
    }
    request.check_combination(&args)?;
    if request.key == Some(Key::PRIVATE) {
        let typed = args.key.last().map(|key| Typed::new(key).to_string());
        return Err(anyhow!("illegal key ({})", typed.unwrap_or_default()));
    }
    request.names.as_deref().map_err(|line| anyhow!("{line}"))?;
    let made = match &args.namespace {
        None => request.make_all(&request.place(ShmFiles::Own)),
        Some(typed) => {
            let proc = ProcRoot::default();
            let scope = one_namespace(typed, &request)?;
            let namespace = open(&proc, &scope)?;
            let id = file_id(&namespace.metadata()?);
            let place =
                request.place(shm_files::of_one(&proc, request.kinds(), &scope, id).for_changes());
            run_in_open(&proc, &namespace, || request.make_all(&place))?
        }
    };
    // Objects that were created before a failure exist, and are reported.
    if args.json {
        session.json(&Document { created: &made.created })?;
    } else {
        for (object, created) in request.objects.iter().zip(&made.created) {
            let label = object.label();
            match created.id {
                Some(id) => writeln!(session.out(), "{label} id: {id}")?,
                None => writeln!(session.out(), "{label} name: {}", request.shown(*object, &args))?,
            }
        }
    }
    made.failure.map_or(Ok(Exit::Success), |lines| Err(anyhow::Error::msg(lines)))
}

/// The namespace to create the objects in.
fn one_namespace(typed: &OsString, request: &Request) -> Result<Scope, UsageError> {
    match scope(typed)? {
        NamespaceScope::All => Err(UsageError::new(
            "ipcmk creates objects in one namespace: use a process ID or a path",
        )),
        NamespaceScope::One(Scope::Path(_)) if request.needs_files() => Err(UsageError::new(
            "-m and -s need a process ID with --namespace: no path shows whose /dev/shm to use",
        )),
        NamespaceScope::One(scope) => Ok(scope),
    }
}

/// What was done in the namespace.
#[derive(Default, Serialize, Deserialize)]
struct Made {
    /// In the order of the request.
    created: Vec<Created>,
    /// Why the next object could not be created.
    failure: Option<String>,
}

/// A checked command line.
struct Request {
    /// In the order in which they are created.
    objects: Vec<Object>,
    key: Option<Key>,
    mode: u16,
    /// The name of each POSIX object, in the same order, or the line about an invalid one.
    names: Result<Vec<PosixName>, String>,
}

impl Request {
    /// Every mistake gets a line. The last value of a repeated option counts.
    fn check(args: &Ipcmk) -> Result<Request, UsageError> {
        let mut wrong = Vec::new();
        let not_a_number = |e: &ParseNumberError| *e == ParseNumberError::OutOfRange;
        let sizes = read(&args.shmem, "size", parse_size, |_| true, &mut wrong);
        let posix_sizes = read(&args.posix_shmem, "size", parse_size, |_| true, &mut wrong);
        let counts = read(&args.semaphore, "elements", parse_count, not_a_number, &mut wrong);
        let mode = read(&args.mode, "mode", parse_mode, |_| false, &mut wrong);
        let key = read(&args.key, "key", parse_key, not_a_number, &mut wrong);
        let value = read(&args.value, "value", parse_natural, not_a_number, &mut wrong);
        let maxmsg = read(&args.maxmsg, "maxmsg", parse_natural, not_a_number, &mut wrong);
        let msgsize = read(&args.msgsize, "msgsize", parse_size, |_| true, &mut wrong);
        if !wrong.is_empty() {
            return Err(UsageError { lines: wrong });
        }
        let mut objects = Vec::new();
        objects.extend(sizes.map(Object::Shm));
        objects.extend(posix_sizes.map(Object::Pshm));
        objects.extend(args.queue.then_some(Object::Msg));
        let queue = Object::Pmsg { maxmsg: maxmsg.map(u64::from), msgsize };
        objects.extend(args.posix_mqueue.then_some(queue));
        objects.extend(counts.map(Object::Sem));
        objects.extend(args.posix_semaphore.then_some(Object::Psem(value.unwrap_or(0))));
        let names = names(&objects, args);
        Ok(Request { objects, key, mode: mode.unwrap_or(DEFAULT_MODE), names })
    }

    /// Checks that no option needs another one.
    fn check_combination(&self, args: &Ipcmk) -> Result<(), UsageError> {
        let has = |system| self.objects.iter().any(|object| object.kind().system() == system);
        let limits_queue = !args.maxmsg.is_empty() || !args.msgsize.is_empty();
        let line = if self.objects.is_empty() {
            "bad usage"
        } else if has(System::Posix) && args.name.is_none() {
            "name is required for POSIX IPC"
        } else if !has(System::SystemV) && self.key.is_some() {
            "--key needs -M, -Q or -S: POSIX objects have no key"
        } else if !args.value.is_empty() && !args.posix_semaphore {
            "--value needs -s"
        } else if limits_queue && !args.posix_mqueue {
            "--maxmsg and --msgsize need -q"
        } else {
            return Ok(());
        };
        Err(UsageError::new(line))
    }

    /// Whether files are made in /dev/shm.
    fn needs_files(&self) -> bool {
        self.kinds().intersects(Kinds::PSHM.and(Kinds::PSEM))
    }

    fn kinds(&self) -> Kinds {
        let kinds = self.objects.iter().map(|object| Kinds::of(object.kind()));
        kinds.fold(Kinds::NONE, Kinds::and)
    }

    fn place(&self, files: ShmFiles) -> Place {
        let files = if self.needs_files() { files } else { ShmFiles::Nowhere };
        Place::open(ProcRoot::default(), files)
    }

    /// The name of a POSIX object as it was typed; a queue has the slash that mq_open(3) needs.
    fn shown(&self, object: Object, args: &Ipcmk) -> String {
        let typed = args.name.as_deref().unwrap_or_default();
        let slash = match object {
            Object::Pmsg { .. } if !typed.as_bytes().starts_with(b"/") => "/",
            _ => "",
        };
        format!("{slash}{}", Typed::new(typed))
    }

    /// Creates the objects, up to the first failure.
    fn make_all(&self, place: &Place) -> Made {
        let mut made = Made::default();
        let mut names = self.names.iter().flatten();
        for object in &self.objects {
            let name = match object.kind().system() {
                System::SystemV => None,
                System::Posix => names.next(),
            };
            match self.make(*object, name, place) {
                Ok(created) => made.created.push(created),
                Err(errno) => {
                    made.failure = Some(refused(*object, errno, place));
                    break;
                }
            }
        }
        made
    }

    fn make(
        &self,
        object: Object,
        name: Option<&PosixName>,
        place: &Place,
    ) -> nix::Result<Created> {
        let Some(name) = name else {
            let (id, key) = object.make(self.key, self.mode)?;
            return Ok(Created::system_v(object, id, key, self.mode));
        };
        let limits = place.make(object, name, self.mode)?;
        Ok(Created::posix(object, name, limits, self.mode))
    }
}

/// Why an object could not be created: one line, and another one if a limit refused it.
fn refused(object: Object, errno: Errno, place: &Place) -> String {
    let line = format!("create {} failed: {}", object.failing(), error_text(errno));
    let limit = match object.kind().system() {
        System::SystemV => refusal::limit(object, errno, &ProcRoot::default()),
        System::Posix => posix_refusal::limit(object, errno, place),
    };
    [line].into_iter().chain(limit).collect::<Vec<_>>().join("\n")
}

/// The name of each POSIX object.
fn names(objects: &[Object], args: &Ipcmk) -> Result<Vec<PosixName>, String> {
    let Some(typed) = &args.name else { return Ok(Vec::new()) };
    let kinds = objects.iter().map(|object| object.kind());
    let posix = kinds.filter(|kind| kind.system() == System::Posix);
    let names = posix.map(|kind| PosixName::parse(kind, typed.as_bytes()));
    let names: Result<Vec<_>, _> = names.collect();
    names.map_err(|error| format!("invalid name '{}': {error}", Typed::new(typed)))
}

/// The last value of one option. A message includes the reason if `has_reason` is set, as the
/// messages of util-linux do.
fn read<T, E: std::fmt::Display>(
    values: &[OsString],
    what: &str,
    parse: fn(&[u8]) -> Result<T, E>,
    has_reason: impl Fn(&E) -> bool,
    wrong: &mut Vec<String>,
) -> Option<T> {
    let mut last = None;
    for value in values {
        match parse(value.as_bytes()) {
            Ok(value) => last = Some(value),
            Err(error) => {
                let mut line = format!("failed to parse {what}: '{}'", Typed::new(value));
                if has_reason(&error) {
                    line.push_str(&format!(": {error}"));
                }
                wrong.push(line);
            }
        }
    }
    last
}
