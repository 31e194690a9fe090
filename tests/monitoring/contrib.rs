//! The files in contrib/ fit the metrics, and Prometheus accepts them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ipcs::render::metrics::METRICS;
use serde_json::Value;

use crate::support::namespace::{isolated, require_root};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::posix;
use crate::support::programs::ours;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib").join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn promtool(args: &[&str], name: &str) {
    let output = Command::new("/usr/bin/promtool").args(args).arg(path(name)).output();
    let output =
        output.unwrap_or_else(|error| panic!("this test needs promtool ({error}); see README.md"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("SUCCESS"), "{name}: {said}");
}

/// The names of metrics in a text.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|char: char| char != '_' && !char.is_ascii_alphanumeric());
    words.filter(|word| word.starts_with("ipc_") || word.starts_with("node_")).collect()
}

/// The metrics that these files may use.
fn known() -> BTreeSet<&'static str> {
    METRICS.iter().map(|metric| metric.name).chain(["node_textfile_mtime_seconds"]).collect()
}

#[test]
fn the_rules_are_valid_and_fire_as_they_should() {
    promtool(&["check", "rules"], "ipc.rules.yml");
    promtool(&["test", "rules"], "ipc.rules.test.yml");
    let rules = read("ipc.rules.yml");
    let names = |text: &str| -> Vec<String> {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix("- alert: "))
            .map(str::to_owned)
            .collect()
    };
    let tests = read("ipc.rules.test.yml");
    for alert in names(&rules) {
        let name = format!("alertname: {alert}\n");
        let fires = tests.split(&name).skip(1);
        let fires = fires.map(|rest| rest.trim_start().starts_with("exp_alerts:\n"));
        let fires: BTreeSet<bool> = fires.collect();
        assert_eq!(fires.len(), 2, "{alert} is tested where it fires and where it does not");
    }
}

#[test]
fn rules_and_dashboard_use_metrics_that_exist() {
    let (rules, tests) = (read("ipc.rules.yml"), read("ipc.rules.test.yml"));
    for text in [&rules, &tests] {
        let unknown: Vec<_> = metrics_in(text).difference(&known()).copied().collect();
        assert_eq!(unknown, [""; 0]);
    }
    let dashboard: Value = serde_json::from_str(&read("grafana-dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut used = BTreeSet::new();
    for panel in panels {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{panel}");
        for target in targets {
            let query = target["expr"].as_str().unwrap();
            let names = metrics_in(query);
            assert!(!names.is_empty() && names.is_subset(&known()), "{query}");
            used.extend(names.into_iter().map(str::to_owned));
        }
    }
    let missing: Vec<_> = known().into_iter().filter(|name| !used.contains(*name)).collect();
    assert_eq!(missing, [""; 0], "every metric is in the dashboard");
}

/// Prometheus parses each query of the dashboard as the expression of a rule.
#[test]
fn the_queries_of_the_dashboard_are_valid() {
    let dashboard: Value = serde_json::from_str(&read("grafana-dashboard.json")).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter();
    let targets = targets.flat_map(|panel| panel["targets"].as_array().unwrap());
    let rules: Vec<Value> = targets
        .enumerate()
        .map(|(n, target)| serde_json::json!({"record": format!("query{n}"), "expr": target["expr"]}))
        .collect();
    assert!(rules.len() > 10);
    // JSON is YAML.
    let rules = serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]});
    let file = tempfile::Builder::new().suffix(".yml").tempfile().unwrap();
    fs::write(file.path(), rules.to_string()).unwrap();
    promtool(&["check", "rules"], file.path().to_str().unwrap());
}

/// The value of a setting of the service.
fn setting<'a>(service: &'a str, name: &str) -> &'a str {
    let mut lines = service.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let value = lines.next().unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(lines.next(), None, "{name}");
    value
}

#[test]
fn the_capabilities_of_the_service_are_enough() {
    require_root("it runs ipcs with some of root's capabilities");
    isolated(|| {
        let service = read("ipcs-metrics.service");
        as_user(4_123_456, 4_123_456, || {
            Shm::private(1000, 0o600);
            Queue::private(0o600).send(10);
            Sems::private(3, 0o600);
            posix::shm("private", 5000, 0o600);
            posix::semaphore("private", 1);
        });
        let command = setting(&service, "ExecStart");
        let mut words = command.split(' ');
        assert_eq!(words.next(), Some("ipcs"));
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("ipc.prom");
        let args: Vec<&str> = words
            .map(|word| match word {
                "/var/lib/prometheus/node-exporter/ipc.prom" => file.to_str().unwrap(),
                word => word,
            })
            .collect();
        let run = ours("ipcs", &args).run();
        assert_eq!((run.status, run.err()), (Some(0), ""), "{run:?}");
        let with_all = fs::read_to_string(&file).unwrap();
        let some = setting(&service, "CapabilityBoundingSet");
        let some: String = some
            .split(' ')
            .map(|name| format!(",+{}", name.strip_prefix("CAP_").unwrap().to_lowercase()))
            .collect();
        let setpriv =
            ["/usr/bin/setpriv", "--no-new-privs", "--bounding-set", &format!("-all{some}")];
        let run = ours("ipcs", &args).through(&setpriv).run();
        assert_eq!((run.status, run.err()), (Some(0), ""), "{run:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), with_all);
        assert!(with_all.contains("kind=\"psem\""), "{with_all}");
    });
}

#[test]
fn the_timer_starts_the_service_and_the_readme_names_every_file() {
    let readme = read("README.md");
    for entry in fs::read_dir(path("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || readme.contains(&format!("`{name}`")), "{name}");
    }
    assert!(read("ipcs-metrics.timer").contains("WantedBy=timers.target"));
    let written = setting(&read("ipcs-metrics.service"), "ReadWritePaths").to_owned();
    let command = setting(&read("ipcs-metrics.service"), "ExecStart").to_owned();
    assert!(command.ends_with(&format!(" --write {written}/ipc.prom")), "{command}");
}
