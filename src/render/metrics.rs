//! Metrics in the text format of Prometheus, version 0.0.4.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::columns::Place;
use crate::escape::{escaped, valid_utf8};
use crate::model::{Kind, Kinds, Limit, LimitRow, Limits, Shown, Usage, limit_rows};
use crate::names::Names;
use crate::query::{Counts, Owned};

/// What was read of one namespace.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Collected {
    /// The namespace, if it was asked for.
    pub place: Option<Place>,
    /// The objects by the uid of their owner.
    pub owners: Vec<(u32, Owned)>,
    /// The limits.
    pub limits: Limits,
    /// What is used of them.
    pub usage: Usage,
    /// How many things could not be read.
    pub errors: u64,
}

/// A metric. All of them are gauges.
#[derive(Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub help: &'static str,
    samples: Samples,
}

/// Where the values of a metric come from, and which labels they have.
#[derive(Clone, Copy, Debug)]
enum Samples {
    /// One for each limit.
    Resources(fn(&LimitRow) -> Option<u64>),
    /// One for each owner and kind.
    Objects(fn(&Owned) -> &Counts),
    /// One for each owner of objects of this kind.
    Owners(Kind, fn(&Owned) -> Option<u64>),
    /// One.
    Whole(fn(&Collected) -> u64),
}

const fn of_owners(
    name: &'static str,
    kind: Kind,
    help: &'static str,
    get: fn(&Owned) -> Option<u64>,
) -> Metric {
    Metric { name, help, samples: Samples::Owners(kind, get) }
}

const fn of_objects(name: &'static str, help: &'static str, get: fn(&Owned) -> &Counts) -> Metric {
    Metric { name, help, samples: Samples::Objects(get) }
}

/// Every metric, in the order of the text.
pub static METRICS: &[Metric] = &[
    Metric {
        name: "ipc_limit",
        help: "Limit of a resource. Sizes are in bytes.",
        samples: Samples::Resources(|row| match row.limit? {
            Limit::Of(limit) => Some(limit),
            Limit::Below(_) => Some(0),
        }),
    },
    Metric {
        name: "ipc_used",
        help: "Used amount of a resource that has a limit. Sizes are in bytes.",
        samples: Samples::Resources(|row| row.used),
    },
    of_objects("ipc_objects", "Number of objects.", |owned| &owned.objects),
    of_objects(
        "ipc_orphaned_objects",
        "Number of objects that no process is left to use.",
        |owned| &owned.orphaned,
    ),
    of_objects(
        "ipc_unsure_objects",
        "Number of objects of which it is unknown whether they are orphaned.",
        |owned| &owned.unsure,
    ),
    of_owners("ipc_shm_bytes", Kind::Shm, "Size of shared memory segments.", |owned| {
        Some(owned.sums.shm.bytes)
    }),
    of_owners(
        "ipc_shm_resident_bytes",
        Kind::Shm,
        "Size of shared memory segments in memory.",
        |owned| owned.sums.shm.rss,
    ),
    of_owners(
        "ipc_shm_swapped_bytes",
        Kind::Shm,
        "Size of shared memory segments in swap space.",
        |owned| owned.swapped,
    ),
    of_owners(
        "ipc_shm_attachments",
        Kind::Shm,
        "Number of times that shared memory segments are attached.",
        |owned| Some(owned.sums.shm.attached),
    ),
    of_owners("ipc_msg_messages", Kind::Msg, "Number of messages in queues.", |owned| {
        Some(owned.sums.msg.messages)
    }),
    of_owners("ipc_msg_bytes", Kind::Msg, "Size of the messages in queues.", |owned| {
        Some(owned.sums.msg.bytes)
    }),
    of_owners("ipc_msg_full_queues", Kind::Msg, "Number of full message queues.", |owned| {
        Some(of_kind(&owned.full, Kind::Msg))
    }),
    of_owners("ipc_sem_semaphores", Kind::Sem, "Number of semaphores in sets.", |owned| {
        Some(owned.sums.sem.semaphores)
    }),
    of_owners("ipc_pshm_bytes", Kind::Pshm, "Size of POSIX shared memory.", |owned| {
        Some(owned.sums.pshm.bytes)
    }),
    of_owners(
        "ipc_pshm_allocated_bytes",
        Kind::Pshm,
        "Size of POSIX shared memory in memory or swap space.",
        |owned| Some(owned.sums.pshm.allocated),
    ),
    of_owners("ipc_pmsg_messages", Kind::Pmsg, "Number of messages in POSIX queues.", |owned| {
        owned.sums.pmsg.messages
    }),
    of_owners("ipc_pmsg_bytes", Kind::Pmsg, "Size of the messages in POSIX queues.", |owned| {
        owned.sums.pmsg.bytes
    }),
    of_owners("ipc_pmsg_full_queues", Kind::Pmsg, "Number of full POSIX queues.", |owned| {
        Some(of_kind(&owned.full, Kind::Pmsg))
    }),
    Metric {
        name: "ipc_collect_errors",
        help: "Number of errors while the metrics were read.",
        samples: Samples::Whole(|collected| collected.errors),
    },
];

impl Metric {
    /// The names of its labels, without those of the namespace.
    #[must_use]
    pub fn labels(&self) -> &'static [&'static str] {
        match self.samples {
            Samples::Resources(_) => &["kind", "resource"],
            Samples::Objects(_) => &["kind", "owner"],
            Samples::Owners(..) => &["owner"],
            Samples::Whole(_) => &[],
        }
    }

    /// The kind of the objects that it is about; `None`: of every kind.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self.samples {
            Samples::Owners(kind, _) => Some(kind),
            _ => None,
        }
    }
}

fn of_kind(counts: &Counts, kind: Kind) -> u64 {
    counts.get(&kind).copied().unwrap_or(0)
}

/// How the text is written.
#[derive(Clone, Copy, Debug)]
pub struct MetricsStyle {
    /// The kinds asked for.
    pub kinds: Kinds,
    /// In bytes.
    pub page_size: u64,
    /// Whether names must not control a terminal.
    pub terminal: bool,
}

/// Writes all metrics of some namespaces. A metric without a value is left out.
///
/// # Errors
/// Those of the output.
pub fn write(
    out: &mut dyn Write,
    collected: &[Collected],
    names: &mut Names,
    style: MetricsStyle,
) -> io::Result<()> {
    let text = |name: &[u8]| match style.terminal {
        true => escaped(name),
        false => valid_utf8(name).into_owned(),
    };
    let uids = collected.iter().flat_map(|one| one.owners.iter().map(|(uid, _)| *uid));
    let owners = owner_labels(uids, names, text);
    let prepared: Vec<Prepared<'_>> =
        collected.iter().map(|one| Prepared::new(one, &owners, style, text)).collect();
    for metric in METRICS {
        let mut lines = Vec::new();
        prepared.iter().for_each(|one| one.samples(metric, &mut lines));
        if !lines.is_empty() {
            let Metric { name, help, .. } = metric;
            write!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n")?;
            out.write_all(&lines)?;
        }
    }
    Ok(())
}

/// The label of each owner: the name, or the number of one without a name. It is the number too where
/// the name could be taken for that of another owner: Prometheus refuses a text with the same
/// labels twice.
fn owner_labels(
    uids: impl Iterator<Item = u32>,
    names: &mut Names,
    text: impl Fn(&[u8]) -> String,
) -> HashMap<u32, String> {
    let named: BTreeMap<u32, Option<String>> =
        uids.map(|uid| (uid, names.user(uid).map(&text))).collect();
    let mut users: HashMap<&str, usize> = HashMap::new();
    for name in named.values().flatten() {
        *users.entry(name).or_default() += 1;
    }
    let is_clear = |name: &&String| {
        users.get(name.as_str()) == Some(&1) && !name.bytes().all(|byte| byte.is_ascii_digit())
    };
    let label = |(uid, name): (&u32, &Option<String>)| {
        let name = name.as_ref().filter(is_clear);
        (*uid, name.cloned().unwrap_or_else(|| uid.to_string()))
    };
    named.iter().map(label).collect()
}

/// What was read of a namespace, with the texts of its labels.
struct Prepared<'a> {
    collected: &'a Collected,
    owners: &'a HashMap<u32, String>,
    rows: Vec<LimitRow>,
    /// The labels of the namespace.
    place: Vec<(&'static str, String)>,
}

impl<'a> Prepared<'a> {
    fn new(
        collected: &'a Collected,
        owners: &'a HashMap<u32, String>,
        style: MetricsStyle,
        text: impl Fn(&[u8]) -> String,
    ) -> Prepared<'a> {
        let Collected { place, limits, usage, .. } = collected;
        let container = |place: &Place| place.container.clone().unwrap_or_default();
        let labels = |place: &Place| {
            let container = text(container(place).as_bytes());
            vec![("namespace", place.number.to_string()), ("container", container)]
        };
        Prepared {
            collected,
            owners,
            rows: limit_rows(style.kinds, limits, usage, Shown::Limits, style.page_size),
            place: place.as_ref().map(labels).unwrap_or_default(),
        }
    }

    fn samples(&self, metric: &Metric, lines: &mut Vec<u8>) {
        let mut add = |labels: &[(&str, &str)], value: Option<u64>| {
            let place = self.place.iter().map(|(name, text)| (*name, text.as_str()));
            let labels = place.chain(labels.iter().copied());
            value.into_iter().for_each(|value| sample(lines, metric.name, labels.clone(), value));
        };
        match metric.samples {
            Samples::Whole(get) => add(&[], Some(get(self.collected))),
            Samples::Resources(get) => {
                for row in &self.rows {
                    let kind = row.resource.kind.word();
                    add(&[("kind", kind), ("resource", row.name())], get(row));
                }
            }
            Samples::Objects(get) => {
                for kind in Kind::ORDER {
                    for (owner, owned) in self.owners_of(*kind) {
                        let labels = [("kind", kind.word()), ("owner", owner)];
                        add(&labels, Some(of_kind(get(owned), *kind)));
                    }
                }
            }
            Samples::Owners(kind, get) => {
                for (owner, owned) in self.owners_of(kind) {
                    add(&[("owner", owner)], get(owned));
                }
            }
        }
    }

    /// The owners of objects of a kind.
    fn owners_of(&self, kind: Kind) -> impl Iterator<Item = (&str, &Owned)> {
        let owners = self.collected.owners.iter();
        owners.filter(move |(_, owned)| owned.objects.contains_key(&kind)).map(|(uid, owned)| {
            (self.owners.get(uid).map(String::as_str).unwrap_or_default(), owned)
        })
    }
}

/// Appends a line.
fn sample<'a>(
    lines: &mut Vec<u8>,
    name: &str,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
    value: u64,
) {
    let labels: Vec<String> =
        labels.map(|(name, text)| format!("{name}=\"{}\"", label_value(text))).collect();
    let labels = match labels.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", labels.join(",")),
    };
    lines.extend_from_slice(format!("{name}{labels} {value}\n").as_bytes());
}

/// The value of a label between its quotation marks.
fn label_value(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{KindLimits, KindUsage, SemLimits, SemUsage};

    fn owned(kind: Kind, objects: u64) -> Owned {
        Owned { objects: Counts::from([(kind, objects)]), ..Owned::default() }
    }

    fn text(collected: &[Collected]) -> String {
        let style = MetricsStyle { kinds: Kinds::SYSTEM_V, page_size: 4096, terminal: false };
        let mut out = Vec::new();
        write(&mut out, collected, &mut Names::numeric(), style).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn has_a_line_for_each_owner_and_kind() {
        let owners = vec![(0, owned(Kind::Shm, 3)), (4_000_000_000, owned(Kind::Sem, 1))];
        let text = text(&[Collected { owners, errors: 2, ..Collected::default() }]);
        let objects = "# HELP ipc_objects Number of objects.\n# TYPE ipc_objects gauge\n\
                       ipc_objects{kind=\"shm\",owner=\"0\"} 3\n\
                       ipc_objects{kind=\"sem\",owner=\"4000000000\"} 1\n";
        assert!(text.starts_with(objects), "{text}");
        assert!(text.contains("\nipc_shm_bytes{owner=\"0\"} 0\n"), "{text}");
        assert!(!text.contains("ipc_msg") && !text.contains("ipc_limit"), "{text}");
        assert!(
            text.ends_with("# TYPE ipc_collect_errors gauge\nipc_collect_errors 2\n"),
            "{text}"
        );
    }

    #[test]
    fn limits_below_zero_allow_nothing() {
        let limits = SemLimits { semmni: -1, semmsl: 3, semmns: 0, semopm: 1, semvmx: 9 };
        let used = SemUsage { semusz: 7, semaem: 8 };
        let text = text(&[Collected {
            place: Some(Place { number: 5, container: Some("a\"\\\n".to_owned()) }),
            limits: Limits::from([(Kind::Sem, KindLimits::Sem(limits))]),
            usage: Usage::from([(Kind::Sem, KindUsage::Sem(used))]),
            ..Collected::default()
        }]);
        let labels =
            "{namespace=\"5\",container=\"a\\\"\\\\\\n\",kind=\"sem\",resource=\"semmni\"}";
        assert!(text.contains(&format!("ipc_limit{labels} 0\n")), "{text}");
        assert!(text.contains(&format!("ipc_used{labels} 7\n")), "{text}");
        assert!(text.contains("resource=\"semmsl\"} 3\n"), "{text}");
    }

    #[test]
    fn a_value_that_is_unknown_is_left_out() {
        let mut unknown = owned(Kind::Shm, 1);
        unknown.sums.shm.rss = None;
        unknown.swapped = None;
        let text = text(&[Collected { owners: vec![(1, unknown)], ..Collected::default() }]);
        assert!(!text.contains("resident") && !text.contains("swapped"), "{text}");
    }

    #[test]
    fn metrics_have_names_and_units_by_the_rules() {
        for Metric { name, help, .. } in METRICS {
            assert!(name.starts_with("ipc_") && !name.ends_with("_total"), "{name}");
            assert!(name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()), "{name}");
            assert_eq!(help.contains("Size of"), name.ends_with("_bytes"), "{name}");
            assert!(help.ends_with('.') && !help.contains(['\\', '\n']), "{help}");
        }
    }
}
