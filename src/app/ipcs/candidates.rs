//! `--list-candidates`: what the completions of the shells offer, one candidate on a line.
//!
//! A completion is a suggestion: what cannot be read is left out without a message.

use std::ffi::OsString;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;

use clap::CommandFactory;

use crate::app::namespaces::find_all;
use crate::app::session::{Exit, Session};
use crate::cli::candidates::{CandidateKind, Candidates};
use crate::cli::getopt::recognised;
use crate::cli::ipcs::{IpcsArgs, UTIL_LINUX_OPTIONS};
use crate::columns::{COLUMNS, Needs, Scope};
use crate::escape::escaped;
use crate::model::{Body, FileType, Key, Kind, Kinds, Object};
use crate::names::Names;
use crate::proc::ProcRoot;
use crate::proc::stat::Stat;
use crate::render::namespaces::{LIST_COLUMNS, origin, processes};
use crate::render::size::human;
use crate::sources::{Everything, ShmFiles, Source};

/// More than this number does not help anybody to choose.
const MOST: usize = 1000;

/// Lists candidates. `words` are those of the command line that is completed; for the ids of a kind
/// they are ids that are not to be listed again.
pub fn show(
    session: &mut Session,
    proc: &ProcRoot,
    wanted: &Candidates,
    words: &[OsString],
) -> io::Result<Exit> {
    let mut list = List { out: session.out(), prefix: &wanted.prefix, left: MOST };
    let list = &mut list;
    let chosen = Chosen::read(words);
    // A shell only offers what begins with the typed text, which may lack the zeros.
    let is_short = wanted.prefix.strip_prefix("0x").is_some_and(|rest| {
        rest.starts_with(|digit: char| digit.is_ascii_hexdigit() && digit != '0')
    });
    let key = |object: &Object| {
        let key = object.key.filter(|key| *key != Key::PRIVATE)?;
        Some(if is_short { format!("{:#x}", key.0) } else { key.to_string() })
    };
    let unnamed = |object: &Object| id(object).filter(|id| !words.iter().any(|word| *word == **id));
    let name = |object: &Object| name(object, &wanted.prefix, words);
    match wanted.kind {
        CandidateKind::Shm => list_objects(list, proc, Some(Kind::Shm), &unnamed)?,
        CandidateKind::Msg => list_objects(list, proc, Some(Kind::Msg), &unnamed)?,
        CandidateKind::Sem => list_objects(list, proc, Some(Kind::Sem), &unnamed)?,
        CandidateKind::Pshm => list_objects(list, proc, Some(Kind::Pshm), &name)?,
        CandidateKind::Pmsg => list_objects(list, proc, Some(Kind::Pmsg), &name)?,
        CandidateKind::Psem => list_objects(list, proc, Some(Kind::Psem), &name)?,
        CandidateKind::Name => list_objects(list, proc, Kind::POSIX.iter().copied(), &name)?,
        CandidateKind::ShmKey => list_objects(list, proc, Some(Kind::Shm), &key)?,
        CandidateKind::MsgKey => list_objects(list, proc, Some(Kind::Msg), &key)?,
        CandidateKind::SemKey => list_objects(list, proc, Some(Kind::Sem), &key)?,
        CandidateKind::Id => list_objects(list, proc, chosen.kinds.single(), &id)?,
        CandidateKind::Key => {
            list.put("none", "no key")?;
            list.put("any", "any key")?;
            list_objects(list, proc, chosen.kinds.iter(), &key)?;
        }
        CandidateKind::Pid => list_processes(list, proc)?,
        CandidateKind::Namespace => {
            list.put("all", "every namespace")?;
            list_namespaces(list, proc)?;
        }
        CandidateKind::OneNamespace => list_namespaces(list, proc)?,
        CandidateKind::Column => {
            list_columns(list, chosen.scope())?;
            list.put("all", "every column")?;
        }
        CandidateKind::SortColumn if chosen.lists_namespaces => {
            LIST_COLUMNS.iter().try_for_each(|column| list.put(column.name, column.help))?;
        }
        CandidateKind::SortColumn => {
            list_columns(list, Scope { detail: false, ..chosen.scope() })?;
        }
    }
    Ok(Exit::Success)
}

/// The lines that are still to be written.
struct List<'a> {
    out: &'a mut dyn Write,
    prefix: &'a str,
    left: usize,
}

impl List<'_> {
    fn wants(&self, value: &str) -> bool {
        self.left > 0 && value.starts_with(self.prefix)
    }

    fn put(&mut self, value: &str, description: &str) -> io::Result<()> {
        if !self.wants(value) {
            return Ok(());
        }
        self.left = self.left.saturating_sub(1);
        writeln!(self.out, "{value}\t{description}")
    }
}

/// What the words of an unfinished command line choose.
struct Chosen {
    kinds: Kinds,
    detail: bool,
    namespaces: bool,
    lists_namespaces: bool,
}

impl Chosen {
    fn read(words: &[OsString]) -> Chosen {
        let options = recognised(&IpcsArgs::command(), UTIL_LINUX_OPTIONS, words.to_vec());
        let has = |name: &str| options.iter().any(|option| option == name);
        let is_kind = |kind: &Kind| match kind {
            Kind::Shm => has("--shmems"),
            Kind::Msg => has("--queues"),
            _ => has("--semaphores"),
        };
        let named = Kind::SYSTEM_V.iter().filter(|kind| is_kind(kind));
        let named = named.fold(Kinds::NONE, |all, kind| all.and(Kinds::of(*kind)));
        let has_value =
            |name: &[u8]| options.iter().any(|option| option.as_bytes().starts_with(name));
        let (detail, namespaces) = (has_value(b"--id="), has_value(b"--namespace="));
        let all = named.is_empty() || has("--all");
        Chosen {
            kinds: if all { Kinds::SYSTEM_V } else { named },
            detail,
            namespaces,
            lists_namespaces: has("--list-namespaces"),
        }
    }

    fn scope(&self) -> Scope {
        Scope {
            kinds: self.kinds,
            processes: true,
            detail: self.detail,
            namespaces: self.namespaces,
        }
    }
}

fn id(object: &Object) -> Option<String> {
    object.id().map(|id| id.to_string())
}

/// The name of a POSIX object, with a slash if the typed text has one, or if nothing is typed and
/// the object is a queue. A name that a shell reads otherwise is not offered, and neither is a file
/// that is not an object.
fn name(object: &Object, typed: &str, words: &[OsString]) -> Option<String> {
    let name = object.name()?;
    let is_regular = object.file().is_some_and(|file| file.file_type == FileType::Regular);
    let plain = name.without_slash();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-+@%".contains(byte);
    let may_be_typed =
        plain.iter().all(is_plain) && !plain.starts_with(b"-") && Kind::from_word(plain).is_none();
    let is_named =
        |word: &OsString| word.as_bytes().strip_prefix(b"/").unwrap_or(word.as_bytes()) == plain;
    if !is_regular || !may_be_typed || words.iter().any(is_named) {
        return None;
    }
    let is_slashed = typed.starts_with('/') || typed.is_empty() && name.shown().starts_with(b"/");
    Some(if is_slashed { "/" } else { "" }.to_owned() + &escaped(plain))
}

/// The objects of these kinds that have a value.
fn list_objects(
    list: &mut List<'_>,
    proc: &ProcRoot,
    kinds: impl IntoIterator<Item = Kind>,
    value: &dyn Fn(&Object) -> Option<String>,
) -> io::Result<()> {
    let mut names = Names::new();
    let source = Everything::new(proc, ShmFiles::Own);
    for kind in kinds {
        source.read(kind, Needs::NOTHING, &mut |batch| {
            for object in &batch.objects {
                let value = value(object).filter(|value| list.wants(value));
                if let Some(value) = value {
                    list.put(&value, &describe(object, &mut names))?;
                }
            }
            let is_full = list.left == 0;
            Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
    }
    Ok(())
}

/// The owner and how large the object is: `www-data, 4M, 2 attached`.
fn describe(object: &Object, names: &mut Names) -> String {
    let uid = object.owner.uid;
    let owner = names.user(uid).map_or_else(|| uid.to_string(), escaped);
    let count = |number: u64, noun: &str| match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    };
    match object.body {
        Body::Shm(shm) => format!("{owner}, {}, {} attached", human(shm.size), shm.nattch),
        Body::Msg(msg) => {
            format!("{owner}, {}, {}", count(msg.qnum, "message"), human(msg.cbytes))
        }
        Body::Sem(sem) => format!("{owner}, {}", count(sem.nsems, "semaphore")),
        Body::Pshm(file) => format!("{owner}, {}", human(file.size)),
        Body::Pmsg(pmsg) => {
            format!(
                "{owner}, {}",
                pmsg.qnum.map_or_else(String::new, |qnum| count(qnum, "message"))
            )
        }
        Body::Psem(psem) => match psem.value() {
            Some(value) => format!("{owner}, value {value}"),
            None => format!("{owner}, not readable as a semaphore"),
        },
    }
}

/// The processes, without kernel threads, zombies and this one.
fn list_processes(list: &mut List<'_>, proc: &ProcRoot) -> io::Result<()> {
    let mut pids = proc.numbers("").unwrap_or_default();
    pids.sort_unstable();
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    for pid in pids.into_iter().filter(|pid| *pid != own) {
        let value = pid.to_string();
        if !list.wants(&value) {
            continue;
        }
        // A process that has ended meanwhile is left out.
        let stat = proc.read(format!("{pid}/stat")).ok().and_then(|text| Stat::parse(&text).ok());
        if let Some(stat) = stat.filter(|stat| !stat.is_kernel_thread() && !stat.is_zombie()) {
            list.put(&value, &escaped(&stat.comm))?;
        }
    }
    Ok(())
}

/// The oldest process of each namespace that has one: `postgres, 3 processes, docker 0123456789ab`.
fn list_namespaces(list: &mut List<'_>, proc: &ProcRoot) -> io::Result<()> {
    for namespace in find_all(proc).namespaces {
        let Some(pid) = namespace.oldest.as_ref().map(|oldest| oldest.pid) else { continue };
        let value = pid.to_string();
        let stat = proc.read(format!("{pid}/stat")).ok().and_then(|text| Stat::parse(&text).ok());
        let Some(stat) = stat.filter(|_| list.wants(&value)) else { continue };
        let mut description = format!("{}, {}", escaped(&stat.comm), processes(&namespace));
        if let Some(origin) = origin(&namespace) {
            description.push_str(", ");
            description.push_str(&origin);
        }
        list.put(&value, &description)?;
    }
    Ok(())
}

fn list_columns(list: &mut List<'_>, scope: Scope) -> io::Result<()> {
    let mut in_scope = COLUMNS.iter().filter(|column| scope.has(column));
    in_scope.try_for_each(|column| list.put(column.name, column.help))
}
