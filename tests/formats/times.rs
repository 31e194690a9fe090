//! Times in several time zones and in every format.

use std::process::Command;

use super::{csv_rows, ipcs, objects, quiet, refused};
use crate::support::namespace::isolated;
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::ours;

const ZONES: [&str; 6] =
    ["UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago", "XYZ3"];

/// Formats a time with date(1).
fn date(time: &str, zone: &str, format: &str) -> String {
    let output = Command::new("date")
        .args(["-d", time, &format!("+{format}")])
        .envs([("TZ", zone), ("LC_ALL", "C")])
        .output()
        .expect("running date");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("ASCII").trim_end().to_owned()
}

#[test]
fn times_are_equal_to_those_of_date_in_every_zone() {
    isolated(|| {
        Queue::private(0o600).send(1);
        let stime = objects("msg", &["-q"])[0]["stime"].as_str().expect("a time").to_owned();
        assert!(stime.ends_with('Z') && stime.len() == 20, "{stime}");
        for zone in ZONES {
            for (format, by_date) in [("full", "%F %T"), ("iso", "%FT%T%:z"), ("short", "%R")] {
                let args = ["-q", "-o", "stime,rtime", "--time-format", format, "--no-headings"];
                let run = quiet(&ours("ipcs", args).env("TZ", zone));
                let expected = date(&stime, zone, by_date);
                // If midnight has just passed in that zone, the day is shown.
                let day = date(&stime, zone, "%b %d");
                let (shown, never) = run.out().trim().split_once("  ").expect("two cells");
                assert_eq!(never.trim(), "-");
                assert!(
                    shown == expected || (format == "short" && shown == day),
                    "{zone}: {run:?}"
                );
            }
            // Without --time-format these formats use UTC in every zone.
            for format in ["csv", "raw", "export", "jsonl"] {
                let args = ["-q", "-o", "stime", "--format", format];
                let run = quiet(&ours("ipcs", args).env("TZ", zone));
                assert!(run.out().contains(&stime), "{zone}: {run:?}");
            }
        }
    });
}

#[test]
fn the_time_format_does_not_change_json() {
    isolated(|| {
        Sems::private(1, 0o600).operate(0, 1);
        for format in ["short", "full", "iso"] {
            for json in ["json", "jsonl"] {
                let plain = ipcs(&["-s", "--format", json]);
                let with = ["-s", "--format", json, "--time-format", format];
                assert_eq!(quiet(&ours("ipcs", with).env("TZ", "Asia/Tokyo")), plain);
            }
        }
        let otime = objects("sem", &["-s"])[0]["otime"].as_str().expect("a time").to_owned();
        for format in ["csv", "raw", "export"] {
            let args = ["-s", "-o", "otime", "--time-format", "full", "--format", format];
            let run = quiet(&ours("ipcs", args).env("TZ", "Asia/Tokyo"));
            let expected = date(&otime, "Asia/Tokyo", "%F %T");
            let expected = if format == "raw" { expected.replace(' ', "\\x20") } else { expected };
            assert!(run.out().contains(&expected), "{run:?}");
        }
        // Like -o, --time-format without --format selects the table.
        let run = ipcs(&["-s", "--time-format", "iso", "-t"]);
        assert!(run.out().starts_with("ID  OWNER  OTIME"), "{run:?}");
        assert!(refused(&["--time-format", "relative"]).contains("short, full, iso"));
    });
}

#[test]
fn times_of_events_that_never_happened_are_empty() {
    isolated(|| {
        Shm::private(1, 0o600);
        let csv = csv_rows(&ipcs(&["-m", "-o", "atime,dtime,ctime", "--format", "csv"]).stdout);
        assert_eq!(csv[1][..2], ["", ""]);
        assert!(!csv[1][2].is_empty());
        let raw = ipcs(&["-m", "-o", "atime,dtime", "--format", "raw"]);
        assert_eq!(raw.out(), "ATIME DTIME\n- -\n");
        let export = ipcs(&["-m", "-o", "atime", "--format", "export"]);
        assert_eq!(export.out(), "KIND=shm ATIME=\n");
        let details = ipcs(&["-m", "-i", "0", "--table"]);
        assert!(details.out().contains("atime          -\n"), "{details:?}");
        let row = &objects("shm", &["-m"])[0];
        assert!(row["atime"].is_null() && row["dtime"].is_null());
    });
}

#[test]
fn details_show_the_age_of_times() {
    isolated(|| {
        Shm::private(1, 0o600);
        let ctime = objects("shm", &["-m"])[0]["ctime"].as_str().expect("a time").to_owned();
        for (format, by_date) in [("", "%F %T"), ("full", "%F %T"), ("iso", "%FT%T%:z")] {
            let format: &[&str] = if format.is_empty() { &[] } else { &["--time-format", format] };
            let args = [&["-m", "-i", "0", "--table"], format].concat();
            let details = quiet(&ours("ipcs", args).env("TZ", "Asia/Kolkata"));
            let line =
                details.out().lines().find(|line| line.starts_with("ctime")).expect("a line");
            let when = date(&ctime, "Asia/Kolkata", by_date);
            let ago = line.strip_prefix(&format!("ctime          {when} (")).expect(line);
            assert!(ago == "now)" || ago.ends_with("s ago)"), "{line}");
        }
        let details = ipcs(&["-m", "-i", "0", "--time-format", "short"]);
        // If midnight has just passed, the day is shown.
        let [time, day] =
            ["%R", "%b %d"].map(|by| format!("ctime          {} (", date(&ctime, "UTC", by)));
        assert!(details.out().contains(&time) || details.out().contains(&day), "{details:?}");
    });
}

#[test]
fn ages_have_one_unit() {
    isolated(|| {
        let segment = Shm::private(1, 0o600);
        let age = |args: &[&str]| {
            let run = ipcs(&[args, &["-m", "--no-headings"]].concat());
            run.out().trim().to_owned()
        };
        let is_age = |text: &str| {
            text.strip_suffix('s').is_some_and(|seconds| seconds.parse::<u8>().is_ok())
        };
        for args in [
            &["-o", "age"][..],
            &["-o", "idle"],
            &["-o", "ctime", "--time-format", "age"],
            &["-o", "ctime", "--time-format", "age", "--format", "csv"],
        ] {
            assert!(is_age(&age(args)), "{args:?}: {}", age(args));
        }
        assert_eq!(age(&["-o", "atime", "--time-format", "age"]), "-");
        let id = segment.id.to_string();
        let card = ipcs(&["-m", "-i", &id, "--time-format", "age"]);
        let line = card.out().lines().find(|line| line.starts_with("ctime")).expect("a time");
        assert!(line.ends_with(" ago") || line.ends_with(" now"), "{line}");
        assert!(!line.contains('('), "{line}");
        // JSON has a point in time, and both figures only by name.
        let rows = objects("shm", &["-m", "--time-format", "age"]);
        assert!(rows[0]["ctime"].as_str().expect("a time").ends_with('Z'));
        assert!(rows[0].get("age").is_none() && rows[0].get("idle").is_none());
        let one = objects("shm", &["-m", "-i", &id, "--json"]);
        assert!(one[0].get("age").is_none(), "{one:?}");
        assert!(objects("shm", &["-m", "-o", "age,idle"])[0]["idle"].is_u64());
    });
}
