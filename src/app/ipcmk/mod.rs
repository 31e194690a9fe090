//! `ipcmk`: creates objects.

mod object;
mod refusal;

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use anyhow::anyhow;
use serde::{Deserialize, Serialize};

use self::object::Object;
use crate::app::namespaces::{self, NamespaceScope, scope};
use crate::app::session::{Exit, Session};
use crate::cli::ipcmk::{Ipcmk, UTIL_LINUX_OPTIONS};
use crate::cli::numbers::{ParseNumberError, parse_key};
use crate::cli::values::{parse_count, parse_mode, parse_size};
use crate::cli::{Typed, UsageError, parse};
use crate::model::{Id, Key, Kind, Mode};
use crate::proc::ProcRoot;
use crate::sys::error_text;

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
    if request.objects.is_empty() {
        return Err(UsageError::new("bad usage").into());
    }
    if request.key == Some(Key::PRIVATE) {
        let typed = args.key.last().map(|key| Typed::new(key).to_string());
        return Err(anyhow!("illegal key ({})", typed.unwrap_or_default()));
    }
    let make = || make_all(&request);
    let made = match &args.namespace {
        None => make(),
        Some(typed) => match scope(typed)? {
            NamespaceScope::All => {
                return Err(UsageError::new(
                    "ipcmk creates objects in one namespace: use a process ID or a path",
                )
                .into());
            }
            NamespaceScope::One(scope) => namespaces::run_in(&ProcRoot::default(), &scope, make)?,
        },
    };
    // Objects that were created before a failure exist, and are reported.
    if args.json {
        session.json(&Document { created: &made.created })?;
    } else {
        for (object, created) in request.objects.iter().zip(&made.created) {
            writeln!(session.out(), "{} id: {}", object.label(), created.id)?;
        }
    }
    made.failure.map_or(Ok(Exit::Success), |lines| Err(anyhow::Error::msg(lines)))
}

/// What was done in the namespace.
#[derive(Default, Serialize, Deserialize)]
struct Made {
    /// In the order of the request.
    created: Vec<Created>,
    /// Why the next object could not be created.
    failure: Option<String>,
}

fn make_all(request: &Request) -> Made {
    let mut made = Made::default();
    for object in &request.objects {
        match object.make(request.key, request.mode) {
            Ok((id, key)) => made.created.push(Created::of(*object, id, key, request.mode)),
            Err(errno) => {
                let line = format!("create {} failed: {}", object.failing(), error_text(errno));
                let limit = refusal::limit(*object, errno, &ProcRoot::default());
                let lines: Vec<String> = [line].into_iter().chain(limit).collect();
                made.failure = Some(lines.join("\n"));
                break;
            }
        }
    }
    made
}

/// A checked command line.
struct Request {
    /// In the order in which they are created.
    objects: Vec<Object>,
    key: Option<Key>,
    mode: u16,
}

impl Request {
    /// Every mistake gets a line. The last value of a repeated option counts.
    fn check(args: &Ipcmk) -> Result<Request, UsageError> {
        let mut wrong = Vec::new();
        let sizes = read(&args.shmem, "size", parse_size, |_| true, &mut wrong);
        let not_a_number = |e: &ParseNumberError| *e == ParseNumberError::OutOfRange;
        let counts = read(&args.semaphore, "elements", parse_count, not_a_number, &mut wrong);
        let mode = read(&args.mode, "mode", parse_mode, |_| false, &mut wrong);
        let key = read(&args.key, "key", parse_key, not_a_number, &mut wrong);
        if !wrong.is_empty() {
            return Err(UsageError { lines: wrong });
        }
        let mut objects = Vec::new();
        objects.extend(sizes.map(Object::Shm));
        objects.extend(args.queue.then_some(Object::Msg));
        objects.extend(counts.map(Object::Sem));
        Ok(Request { objects, key, mode: mode.unwrap_or(DEFAULT_MODE) })
    }
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

/// The document of `--json`.
#[derive(Serialize)]
struct Document<'a> {
    created: &'a [Created],
}

#[derive(Serialize, Deserialize)]
struct Created {
    kind: Kind,
    id: i32,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nsems: Option<i32>,
    perms: String,
}

impl Created {
    fn of(object: Object, id: Id, key: Key, mode: u16) -> Created {
        let (size, nsems) = match object {
            Object::Shm(size) => (Some(size), None),
            Object::Msg => (None, None),
            Object::Sem(count) => (None, Some(count)),
        };
        let perms = format!("{:04o}", Mode(mode).perms());
        Created { kind: object.kind(), id: id.0, key: key.to_string(), size, nsems, perms }
    }
}
