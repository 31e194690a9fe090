//! What to do about a cause, as commands.

use super::causes::{Cause, Gauge, Remedy};
use super::figures::Figure;
use super::readings::Readings;
use super::verdict::{State, Verdict};
use crate::model::{Kind, RESOURCES, System};

/// Where the commands have to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the IPC namespace of the caller.
    Here,
    /// In that of a process.
    Process(i32),
    /// In that of a file.
    File(String),
}

impl Place {
    /// The option of our programs.
    fn option(&self) -> String {
        match self {
            Place::Here => String::new(),
            Place::Process(pid) => format!(" --namespace {pid}"),
            Place::File(path) => format!(" --namespace {}", quoted(path)),
        }
    }

    /// A command that acts in the IPC namespace.
    fn inside(&self, command: String) -> String {
        match self {
            Place::Here => command,
            Place::Process(pid) => format!("nsenter --target {pid} --ipc {command}"),
            Place::File(path) => format!("nsenter --ipc={} {command}", quoted(path)),
        }
    }
}

/// A word for a shell.
pub fn quoted(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "/._-+:@".contains(char);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The kind whose objects take a part of a limit.
fn kind(cause: &Cause) -> Option<Kind> {
    match cause.gauge {
        Gauge::QueueBytes | Gauge::QueueMessages => Some(Kind::Msg),
        Gauge::Total(_) => {
            let resource = RESOURCES.iter().find(|resource| resource.name == cause.limit)?;
            Some(resource.kind)
        }
        _ => None,
    }
}

/// The command that shows what fills a limit, of one owner or of all.
pub fn show(cause: &Cause, owner: Option<&str>, place: &Place) -> Option<String> {
    let kind = kind(cause)?;
    let posix = if kind.system() == System::Posix { " --posix" } else { "" };
    let letter = match kind {
        // Semaphores are files in /dev/shm too.
        Kind::Pshm => " -m -s".to_owned(),
        kind => format!(" -{}", kind.letter()),
    };
    let which = match (cause.gauge, owner) {
        (Gauge::QueueBytes | Gauge::QueueMessages, _) => " --full 100 -P".to_owned(),
        (_, Some(owner)) => format!(" --owner {}", quoted(owner)),
        (_, None) => String::new(),
    };
    Some(format!("ipcs{posix}{letter}{which}{}", place.option()))
}

/// The command that shows what could be removed of an owner.
pub fn remove(cause: &Cause, owner: &str, place: &Place) -> Option<String> {
    let words = match kind(cause)? {
        Kind::Pshm => "pshm psem",
        kind => kind.word(),
    };
    let owner = quoted(owner);
    Some(format!("ipcrm -n {words} --owner {owner} --orphaned{}", place.option()))
}

/// The command that raises a limit, or advice in words.
pub fn raise(
    cause: &Cause,
    verdict: &Verdict,
    readings: &Readings,
    place: &Place,
) -> Option<String> {
    let figure = readings.ipc.get(cause.limit);
    match cause.remedy {
        Remedy::Sysctl(name, most) => {
            let (limit, used) = match figure {
                Some(figure) => (figure.limit?, figure.used.unwrap_or(0)),
                None => (in_sysctl(name, readings).or(verdict.limit)?, 0),
            };
            let pages = if cause.limit == "shmall" { readings.ipc.page_size.max(1) } else { 1 };
            let [limit, used] = [limit, used].map(|it| it.checked_div(pages).unwrap_or(it));
            let value = larger(limit, used, most)?;
            let command = format!("sysctl -w {name}={value}");
            // The others are the same in all namespaces.
            let is_of_namespace = name.starts_with("kernel.") || name.starts_with("fs.mqueue.");
            Some(if is_of_namespace { place.inside(command) } else { command })
        }
        Remedy::Sem(at, most) => {
            let mut values = readings.ipc.sem?;
            let used = figure.and_then(|figure| figure.used).unwrap_or(0);
            let value = values.get_mut(at)?;
            let raised = larger(u64::try_from(*value).unwrap_or(0), used, most)?;
            *value = i64::try_from(raised).ok()?;
            let values = values.map(|value| value.to_string()).join(" ");
            Some(place.inside(format!("sysctl -w kernel.sem=\"{values}\"")))
        }
        Remedy::DevShm(option) => {
            let Figure { limit, used, .. } = figure?;
            let value = larger((*limit)?, used.unwrap_or(0), None)?;
            let command = format!("mount -o remount,{option}={value} /dev/shm");
            match place {
                Place::Here => Some(command),
                Place::Process(pid) => Some(format!("nsenter --target {pid} --mount {command}")),
                // A file does not say whose /dev/shm it is.
                Place::File(_) => None,
            }
        }
        Remedy::Process(option) => {
            let pid = readings.system.pid.map_or_else(|| "PID".to_owned(), |pid| pid.to_string());
            let value = larger(verdict.limit?, 0, None)?;
            Some(format!("prlimit --pid {pid} --{option}={value}"))
        }
        Remedy::Command(command) => {
            (readings.system.overcommit == Some(2)).then(|| command.to_owned())
        }
        Remedy::Words(_) => None,
    }
}

/// What to do where no command helps.
pub fn words(cause: &Cause, verdict: &Verdict, has_command: bool) -> Option<&'static str> {
    match (cause.remedy, cause.gauge) {
        _ if verdict.state == State::NotThis => None,
        (Remedy::Words(words), _) => Some(words),
        (Remedy::Sysctl(..), Gauge::QueueBytes | Gauge::QueueMessages) => {
            Some("the sysctl counts for new queues; a receiver has to read from this one")
        }
        (Remedy::Sysctl(_, Some(_)) | Remedy::Sem(_, Some(_)), _) if !has_command => {
            Some("the limit is the highest that the kernel takes")
        }
        _ => None,
    }
}

/// The capacity of new queues and the number of mappings are limits of other things.
fn in_sysctl(name: &str, readings: &Readings) -> Option<u64> {
    match name {
        "kernel.msgmnb" => readings.ipc.get("msgmnb").and_then(|figure| figure.limit),
        _ => None,
    }
}

/// Twice the limit, or twice what is used where that is more; `None`: the kernel takes no more.
fn larger(limit: u64, used: u64, most: Option<u64>) -> Option<u64> {
    let twice = limit.max(used).max(1).saturating_mul(2);
    let value = most.map_or(twice, |most| twice.min(most));
    (value > limit).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_doubled_up_to_what_the_kernel_takes() {
        assert_eq!(larger(128, 128, Some(32_768)), Some(256));
        assert_eq!(larger(5, 9, None), Some(18));
        assert_eq!(larger(20_000, 1, Some(32_768)), Some(32_768));
        assert_eq!(larger(32_768, 32_768, Some(32_768)), None);
        assert_eq!(larger(0, 0, None), Some(2));
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("www-data"), "www-data");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
