//! `-l`: how much of each limit is used, by whom, and what to do.

use serde_json::{Value, json};

use super::ipcs;
use crate::support::json::document;
use crate::support::leftovers::absent_user;
use crate::support::namespace::{add_users, isolated, require_users, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::posix::queue;
use crate::support::programs::ours;

fn advice(args: &[&str]) -> Vec<String> {
    let run = ipcs(&[&["-l", "--table"], args].concat());
    let (_, below) = run.out().split_once("\n\n").unwrap_or_default();
    below.lines().map(str::to_owned).collect()
}

fn used(args: &[&str]) -> Value {
    document(&ipcs(&[&["-l", "--json"], args].concat()))["use"].clone()
}

#[test]
fn nothing_is_said_below_the_first_threshold() {
    isolated(|| {
        set_sysctl("sem", "250 32000 32 5");
        for _ in 0..3 {
            Sems::private(1, 0o600);
        }
        assert_eq!(advice(&["-s"]), [""; 0]);
        Sems::private(1, 0o600);
        assert_eq!(advice(&["-s"]).len(), 1);
    });
}

#[test]
fn names_who_fills_a_limit_and_how_to_raise_it() {
    require_users("it gives objects to other users");
    isolated(|| {
        set_sysctl("sem", "250 32000 32 5");
        set_sysctl("shmmni", "3");
        let user = absent_user();
        add_users(&[("filler", user)]);
        for at in 0..5 {
            Sems::private(1, 0o600).set(if at < 3 { user } else { 0 }, 0, 0o600);
        }
        assert_eq!(
            advice(&["-s"]),
            [
                "semmni is full: filler owns 3 of 5 sets (ipcs -s --owner filler); raise with: sysctl \
              -w kernel.sem=\"250 32000 32 10\""
            ]
        );
        assert!(!advice(&["-s", "--numeric"])[0].contains("filler"));
        for _ in 0..3 {
            Shm::private(1, 0o600);
        }
        assert_eq!(
            advice(&["-m"]),
            [
                "shmmni is full: root owns 3 of 3 segments (ipcs -m --owner root); raise with: sysctl \
              -w kernel.shmmni=6"
            ]
        );
        // The command that is printed raises the limit.
        let line = advice(&["-m"]).concat();
        let (_, command) = line.rsplit_once("sysctl -w kernel.").expect("a command");
        let (name, value) = command.split_once('=').expect("a value");
        set_sysctl(name, value);
        assert_eq!(advice(&["-m"]), [""; 0]);
        assert_eq!(advice(&[]).len(), 1, "only the sets are left");
    });
}

#[test]
fn bytes_and_posix_queues_have_advice_too() {
    isolated(|| {
        set_sysctl("shmall", "4");
        Shm::private(4096 * 4, 0o600);
        assert_eq!(
            advice(&["-m"]),
            ["shmall is full: root owns 16K of 16K (ipcs -m --owner root); raise with: sysctl -w \
              kernel.shmall=8"]
        );
        std::fs::write("/proc/sys/fs/mqueue/queues_max", "1").expect("a sysctl");
        let _queue = queue("/q", 0o600);
        assert_eq!(
            advice(&["-q", "--posix"]),
            ["queues_max is full: root owns 1 of 1 queues (ipcs --posix -q --owner root); raise \
              with: sysctl -w fs.mqueue.queues_max=2"]
        );
    });
}

#[test]
fn json_has_the_use_of_each_limit_in_its_unit() {
    isolated(|| {
        set_sysctl("shmall", "1000");
        set_sysctl("msgmni", "3");
        Shm::private(4096 + 1, 0o600);
        Queue::private(0o600);
        let used = used(&[]);
        assert_eq!(
            used["shm"],
            json!({
                "shmmni": {"used": 1, "limit": 4096, "percent": 0.02, "state": "ok"},
                "shmall": {"used": 2, "limit": 1000, "percent": 0.2, "state": "ok"},
            })
        );
        assert_eq!(
            used["msg"],
            json!({"msgmni": {"used": 1, "limit": 3, "percent": 33.33, "state": "ok"}})
        );
        Queue::private(0o600);
        Queue::private(0o600);
        let full = self::used(&["-q"]);
        assert_eq!(
            full,
            json!({"msg": {
                "msgmni": {"used": 3, "limit": 3, "percent": 100, "state": "critical"},
            }})
        );
        set_sysctl("msgmni", "0");
        let beyond = self::used(&["-q"])["msg"]["msgmni"].clone();
        assert_eq!(beyond, json!({"used": 3, "limit": 0, "percent": null, "state": "critical"}));
    });
}

#[test]
fn eighty_columns_keep_what_matters() {
    isolated(|| {
        let run = ours("ipcs", ["-l", "--table"]).env("COLUMNS", "80").run();
        let heading = run.out().lines().next().expect("a heading").to_owned();
        let words: Vec<&str> = heading.split_whitespace().collect();
        assert_eq!(words[..6], ["KIND", "RESOURCE", "USED", "LIMIT", "PERCENT", "STATE"]);
        assert!(run.out().lines().all(|line| line.len() <= 80), "{run:?}");
    });
}
