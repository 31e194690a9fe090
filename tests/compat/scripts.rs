//! One-liners as people have them in scripts: they print the same with both programs, and leave the
//! same objects.

use super::fixture::left;
use super::states::Held;
use crate::support::compare::Comparison;
use crate::support::namespace::{add_users, another, isolated, require_users};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::programs::{Outcome, ours, path_of_ours};

/// Leftovers of an Apache, an Oracle and a user's own programs.
fn leftovers() -> Held {
    require_users("the leftovers belong to several users");
    add_users(&[("apache", 48), ("oracle", 501), ("zabbix", 117)]);
    as_user(48, 48, || {
        for count in [1, 1, 14] {
            Sems::private(count, 0o600);
        }
        Shm::private(4096, 0o600);
    });
    as_user(501, 501, || {
        Shm::keyed(0x7777, 1 << 20, 0o640);
        Sems::keyed(0x49a1, 3, 0o640);
        Queue::keyed(0x0012_3456, 0o777);
    });
    as_user(117, 117, || Sems::private(14, 0o600));
    let attached = Shm::keyed(0x54322, 8192, 0o666);
    Shm::keyed(0x888, 65_536, 0o666);
    Shm::private(100, 0o644);
    let gone = Shm::private(5000, 0o777);
    let held: Held = vec![Box::new(attached.attach()), Box::new(gone.attach())];
    gone.remove();
    Queue::private(0o600).send(100);
    Queue::keyed(0xbbb0, 0o644);
    Sems::keyed(0x1f4, 2, 0o666);
    held
}

/// What the scripts are made of: listing with awk, cut, sed and grep, removing with loops and xargs.
const ONE_LINERS: [&str; 72] = [
    "ipcs",
    "ipcs -a",
    "ipcs -m | wc -l",
    "ipcs -m | sed 1,3d",
    "ipcs -m | tail -n +4",
    "ipcs -s | grep apache | wc -l",
    "ipcs -s | awk '/apache/ {print $2}'",
    "ipcs -m | awk 'NR>3 {print $2}'",
    "ipcs -m | awk 'NR>3 && NF {print $2}'",
    "ipcs -m | awk '/0x/ {print $2}'",
    "ipcs -m | grep ^0x | cut -d' ' -f2",
    "ipcs -s | grep -v -e - -e key -e '^$' | cut -f2 -d' '",
    "ipcs -m | egrep '0x[0-9a-f]+ [0-9]+' | cut -f2 -d' '",
    "ipcs -m | awk '$6 == 0 {print $2}'",
    "ipcs -m | awk 'NF && $6==0 {sum+=$5} END {print sum}'",
    "ipcs -m | awk '{s+=$5} END {print s/1024}'",
    "ipcs -m | grep dest",
    "ipcs -mp | awk 'NR>4 && NF {print $1, $2}'",
    "ipcs -m -c | grep oracle",
    "ipcs -mt | grep -c 'Not set'",
    "ipcs -q | awk '$6 > 0 {print $2}'",
    "ipcs -q | sed -n '/0x/p' | awk '{print $1}'",
    "ipcs -ls | awk -F= '/max number of arrays/ {print $2}'",
    "ipcs -l | awk -F' = ' '/max seg size/ {print $2}'",
    "ipcs -lm | grep 'max number of segments' | awk '{print $6}'",
    "ipcs -u | grep 'segments allocated' | awk '{print $3}'",
    "ipcs -us | awk '/used arrays/ {print $NF}'",
    "ipcs -uq | awk '/allocated queues/ {print $4}'",
    "ipcs -m -i $(ipcs -m | awk '/0x00007777/ {print $2}') | grep bytes",
    "ipcs -s -i $(ipcs -s | awk '/0x000001f4/ {print $2}') | tail -3",
    "ipcs -q -i 0 | grep -o 'qnum=[0-9]*'",
    "printf '%d\\n' $(ipcs -m | awk '/0x00000888/ {print $1}')",
    "ipcs -s | sort -n -k 2 | tail -2",
    "ipcs -m | sort -rn -k5 | head -2",
    "ipcs -m | grep -q 0x00000888 && echo yes",
    "ipcs -m -b 2>/dev/null | egrep ^m | awk '{ print $2; }'",
    "ipcs -s | grep apache | awk '{print $2}' | xargs -n 1 ipcrm -s",
    "ipcs -s | grep apache | awk '{print $2}' | xargs -n1 ipcrm sem",
    "ipcs -s | grep apache | awk '{print $2}' | xargs ipcrm sem",
    "for i in `ipcs -s | awk '/apache/ {print $2}'`; do (ipcrm -s $i); done",
    "for i in $(ipcs -m | awk '/oracle/ {print $2}'); do ipcrm shm $i; done",
    "for id in $(ipcs -s | grep -v -e - -e key -e '^$' | cut -f2 -d' '); do ipcrm -s $id; done",
    "for x in `ipcs -s | awk '{print $2}'`; do ipcrm -s $x; done",
    "for x in `ipcs -q | awk '{print $2}'`; do ipcrm -q $x; done",
    "ipcs -q | awk '{print $2}' | xargs ipcrm msg",
    "ipcs -s | awk '{print $2}' | xargs ipcrm sem",
    "ipcs -m | awk '{print $2}' | xargs ipcrm shm",
    "ipcs -m | awk '/0/ {print $2}' | xargs -n 1 ipcrm -m",
    "ipcs -m | grep '^0x' | awk '{print \"-m \" $2}' | xargs ipcrm",
    "ipcs -q | awk '{if ($1 ~ /^[0-9]/) print \"-q \" $2}' | xargs ipcrm",
    "ipcrm $(ipcs -m | awk 'NR>3 {print \"-m\", $2}')",
    "ipcrm $(ipcs -s | awk 'NR>3 && NF {printf \" -s %s\", $2}')",
    "ipcrm `ipcs -s | awk '/apache/ {printf(\"-s %s\\n\",$2);}'`",
    "ipcs -m | sed -n '/0x/p' | awk '{print $1}' | xargs ipcrm -M",
    "ipcs -s | sed -n '/0x/p' | awk '{print $1}' | xargs ipcrm -S",
    "ipcs -q | sed -n '/0x/p' | awk '{print $1}' | xargs -n1 ipcrm -Q",
    "ipcs -m | grep root | cut -d\\  -f1 | xargs -n1 -r ipcrm -M",
    "ipcs -m | grep 0x54322 | awk '{print $2}' | xargs -r ipcrm -m",
    "ipcs -m | grep nothing | awk '{print $2}' | xargs -r ipcrm -m",
    "ipcs -m | grep nothing | awk '{print $2}' | xargs ipcrm -m",
    "ipcrm -m $(ipcs -m | grep root | awk '{print $2}')",
    "ipcrm -M 0x888 -S 0x1f4 -Q 48048",
    "ipcrm -M 0x7777; ipcrm -M 0x7777; echo $?",
    "ipcrm -m 999999 2>/dev/null || echo none",
    "ipcs | egrep '^0x' | awk '{print $2}' | sort -un",
    "ipcs -m | grep 777 | awk '{print $2}' | xargs -n 1 ipcrm -m",
    "ipcs -m | awk '$6==0 && $2 ~ /^[0-9]+$/ {print $2}' | while read i; do ipcrm -m $i; done",
    "ipcs | grep root | cut -d' ' -f2 | while read i; do ipcrm -m $i || ipcrm -q $i || ipcrm -s $i; done",
    "ipcs | grep bbb | awk '{print $2}' | while read i; do ipcrm -s $i >/dev/null 2>&1; ipcrm -q $i; done",
    "eval `ipcs -m | grep ^0x | grep '[ \t]apache[ \t]' | awk '{printf \"ipcrm shm %s;\", $2}'`",
    "ipcrm -a",
    "ipcrm --all=sem; ipcs -s | awk 'NR>3 && NF' | wc -l",
];

/// Runs a one-liner with the programs in this directory, and returns what is left.
fn run_in(directory: &str, script: &str) -> (Outcome, String) {
    another(|| {
        let _held = leftovers();
        let path = format!("{directory}:/usr/bin:/bin");
        let mut outcome =
            ours("ipcs", [""; 0]).through(&["/bin/bash", "-c", script]).env("PATH", &path).run();
        // Newer versions of util-linux complain about POSIX queues. Ours adds where help is, and names
        // every argument that it does not know.
        let is_same = |line: &[u8]| {
            !line.starts_with(b"ipcrm: /dev/mqueue does not seem to be mounted.")
                && !line.starts_with(b"Try 'ipcrm --help'")
                && !line.starts_with(b"ipcrm: unknown argument: ")
        };
        outcome.stderr = outcome
            .stderr
            .split_inclusive(|byte| *byte == b'\n')
            .filter(|line| is_same(line))
            .flatten()
            .copied()
            .collect();
        (outcome, left())
    })
}

#[test]
fn one_liners_print_and_leave_the_same() {
    isolated(|| {
        let mut comparison = Comparison::new("leftovers of several users");
        let program = path_of_ours("ipcs");
        let directory = program.parent().and_then(|path| path.to_str()).expect("a directory");
        for script in ONE_LINERS {
            let both = || (run_in("/usr/bin", script), run_in(directory, script));
            let mut runs = both();
            // A process that another test starts has the attachments of this one for a moment.
            for _ in 0..3 {
                if runs.0 == runs.1 {
                    break;
                }
                runs = both();
            }
            let ((theirs, left_by_theirs), (ours, left_by_ours)) = runs;
            comparison.same_outcome(script, &theirs, &ours);
            comparison.same_text(&format!("left after {script}"), &left_by_theirs, &left_by_ours);
        }
        comparison.finish(2 * ONE_LINERS.len());
    });
}
