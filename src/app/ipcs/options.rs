//! What the command line means.

use std::os::unix::ffi::OsStrExt;

use crate::cli::ipcs::IpcsArgs;
use crate::cli::{Typed, UsageError};
use crate::model::{Id, Kind, Kinds, ParseNumberError};
use crate::render::classic::{Unit, ViewName};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Lists of objects.
    List(ViewName),
    /// Everything about one object.
    Detail(Kind, Id),
    /// `-l`
    Limits,
    /// `-u`
    Summary,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As util-linux.
    Classic,
    /// One JSON document.
    Json,
}

/// The command line, resolved.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is to be done.
    pub task: Task,
    /// The kinds asked for.
    pub kinds: Kinds,
    /// The unit of sizes.
    pub unit: Unit,
    /// How it is written.
    pub format: Format,
}

/// The last id, after every one typed was checked, as ever before anything else.
pub fn id(args: &IpcsArgs) -> Result<Option<Id>, UsageError> {
    let mut last = None;
    for typed in &args.id {
        last = Some(Id::parse_decimal(typed.as_bytes()).map_err(|error| {
            let typed = Typed::new(typed);
            UsageError::new(match error {
                ParseNumberError::Malformed => format!("failed to parse id argument: '{typed}'"),
                ParseNumberError::OutOfRange => {
                    format!("failed to parse id argument: '{typed}': {error}")
                }
            })
        })?);
    }
    Ok(last)
}

impl Options {
    /// Makes sense of what was typed.
    pub fn resolve(args: &IpcsArgs, id: Option<Id>) -> Result<Options, UsageError> {
        if let Some(operand) = args.operands.first() {
            return Err(UsageError::new(format!("unknown argument: {}", Typed::new(operand))));
        }
        let kinds = kinds(args);
        Ok(Options {
            task: task(args, kinds, id)?,
            kinds,
            unit: match (args.bytes, args.human) {
                (true, _) => Unit::Bytes,
                (_, true) => Unit::Human,
                _ => Unit::Default,
            },
            format: if args.json { Format::Json } else { Format::Classic },
        })
    }
}

fn kinds(args: &IpcsArgs) -> Kinds {
    let mut kinds = Kinds::NONE;
    for (asked, kind) in
        [(args.shmems, Kind::Shm), (args.queues, Kind::Msg), (args.semaphores, Kind::Sem)]
    {
        if asked {
            kinds.insert(kind);
        }
    }
    if args.all || kinds.is_empty() { Kinds::ALL } else { kinds }
}

fn task(args: &IpcsArgs, kinds: Kinds, id: Option<Id>) -> Result<Task, UsageError> {
    if let Some(id) = id {
        let Some(kind) = kinds.single() else {
            return Err(UsageError::new("when using an ID, a single resource must be specified"));
        };
        return Ok(Task::Detail(kind, id));
    }
    Ok(match args {
        IpcsArgs { limits: true, .. } => Task::Limits,
        IpcsArgs { summary: true, .. } => Task::Summary,
        IpcsArgs { time: true, .. } => Task::List(ViewName::Time),
        IpcsArgs { pid: true, .. } => Task::List(ViewName::Pid),
        IpcsArgs { creator: true, .. } => Task::List(ViewName::Creator),
        _ => Task::List(ViewName::Default),
    })
}
