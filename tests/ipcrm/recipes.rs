//! The commands of the manual's recipes, run on the situations that they are for.
//!
//! systemd and Slurm are not started; the tests run the commands that they would run.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::actor::Actor;
use crate::support::namespace::{add_users, isolated, require_root};
use crate::support::objects::{Sems, Shm, as_user};
use crate::support::programs::ours;
use crate::support::table::remaining;

const RECIPES: &str = include_str!("../docs/prose/recipes.md");
const JOB: u32 = 4_000_777;

/// The fenced blocks under a heading.
fn blocks(heading: &str) -> Vec<String> {
    let start = format!("\n## {heading}\n");
    let (_, text) = RECIPES.split_once(&start).unwrap_or_else(|| panic!("no recipe {heading:?}"));
    let text = text.split("\n## ").next().expect("the text of a recipe");
    let blocks: Vec<_> =
        text.split("```\n").skip(1).step_by(2).map(|block| block.trim_end().to_owned()).collect();
    assert!(!blocks.is_empty(), "{heading:?} has no commands");
    blocks
}

/// The command lines under a heading.
fn commands(heading: &str) -> Vec<String> {
    blocks(heading).iter().flat_map(|block| block.lines()).map(str::to_owned).collect()
}

/// Runs a script in a shell whose PATH begins with our programs.
fn shell(script: &str) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_ipcrm")).parent().expect("a directory");
    Command::new("/bin/sh")
        .args(["-c", script])
        .env_clear()
        .env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.display()))
        .env("LC_ALL", "C")
        .env("SLURM_JOB_UID", JOB.to_string())
        .output()
        .unwrap_or_else(|error| panic!("running {script:?}: {error}"))
}

/// Runs a command line, which must succeed, and returns its standard output.
fn run(line: &str) -> String {
    let output = shell(line);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The uid of a user, who is added if missing.
fn user(name: &str) -> u32 {
    let there = nix::unistd::User::from_name(name).expect("the users");
    there.map_or_else(
        || {
            add_users(&[(name, 4_000_033)]);
            4_000_033
        },
        |user| user.uid.as_raw(),
    )
}

#[test]
fn every_recipe_has_a_test() {
    let headings: Vec<_> = RECIPES.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(
        headings,
        [
            "Semaphores of Apache or PHP after a kill",
            "PostgreSQL: pre-existing shared memory block is still in use",
            "Large segments of finished jobs",
            "Segments with the status dest that never go",
            "A clean-up every hour",
            "After a batch job",
        ]
    );
}

#[test]
fn removes_semaphores_of_apache_or_php_after_a_kill() {
    isolated(|| {
        require_root("it gives objects to other users");
        let www_data = user("www-data");
        // As with Apache: root makes the sets and gives them away, and children use them.
        let sets = [(); 4].map(|()| {
            let set = Sems::private(1, 0o600);
            set.set(www_data, www_data, 0o600);
            set
        });
        let foreign = Sems::private(1, 0o600);
        let mut child = Actor::start();
        child.tell(&format!("operate {} 3", sets[0].id));
        child.end();
        let mut alive = Actor::start();
        alive.tell(&format!("operate {} 1", sets[3].id));
        let lines = commands("Semaphores of Apache or PHP after a kill");
        let [dry, real, idle] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(run(idle), "nothing matched\n");
        let would = run(dry);
        assert!(
            would.ends_with("would remove 3 semaphore sets of www-data; would keep 1 in use\n"),
            "{would}"
        );
        assert_eq!(run(real), "removed 3 semaphore sets of www-data; kept 1 in use\n");
        assert_eq!(remaining(), format!("sem{} sem{}", sets[3].id, foreign.id));
        assert_eq!(run(&idle.replace("7d", "0s")), "removed nothing; kept 1 in use\n");
    });
}

#[test]
fn frees_a_postgresql_block_still_in_use() {
    isolated(|| {
        require_root("it gives objects to other users");
        let postgres = user("postgres");
        let (segment, sets) = as_user(postgres, postgres, || {
            (Shm::keyed(0x52_e2c1, 56, 0o600), [(); 2].map(|()| Sems::private(17, 0o600)))
        });
        let mut backend = Actor::start();
        backend.attach(segment, "rw");
        let lines = commands("PostgreSQL: pre-existing shared memory block is still in use");
        let [who, shm, sem] = &lines[..] else { panic!("{lines:?}") };
        let listed = run(who);
        assert!(listed.contains(&format!(" {} ", backend.pid())), "{listed}");
        assert_eq!(run(shm), "nothing matched\n");
        backend.end();
        assert_eq!(run(shm), "removed 1 shared memory segment of postgres\n");
        assert_eq!(run(sem), "removed 2 semaphore sets of postgres\n");
        assert_eq!(remaining(), "", "sets were {sets:?}");
    });
}

#[test]
fn removes_large_segments_of_finished_jobs() {
    isolated(|| {
        require_root("it looks at other processes");
        let make = |size: &str| ours("ipcmk", ["-M", size]).run();
        for size in ["1G", "2G", "4096"] {
            assert_eq!(make(size).status, Some(0));
        }
        // The creator of this one is the test process, which is alive.
        Shm::unreserved(1 << 30, 0o600);
        let lines = commands("Large segments of finished jobs");
        let [list, remove] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(run(remove), "nothing matched\n");
        let list = run(&list.replace("12h", "0s"));
        let place = |size: &str| list.find(size).unwrap_or_else(|| panic!("{size} in {list}"));
        assert!(place("2147483648") < place("1073741824"), "{list}");
        assert_eq!(run(&remove.replace("12h", "0s")), "removed 2 shared memory segments\n");
        assert_eq!(remaining(), "shm2 shm3");
    });
}

#[test]
fn finds_processes_that_hold_dest_segments() {
    isolated(|| {
        require_root("it looks at other processes");
        let segment = Shm::keyed(0x5, 4096, 0o600);
        let mut holder = Actor::start();
        holder.attach(segment, "rw");
        segment.remove();
        let lines = commands("Segments with the status dest that never go");
        let [who] = &lines[..] else { panic!("{lines:?}") };
        let listed = run(who);
        assert!(listed.contains(" dest "), "{listed}");
        assert!(listed.contains(&format!(" {} ", holder.pid())), "{listed}");
        holder.end();
        assert_eq!(remaining(), "");
    });
}

/// Makes objects of a user without processes, and others. Returns the others.
fn leftovers(uid: u32) -> String {
    as_user(uid, uid, || {
        Sems::private(1, 0o600);
        Sems::private(2, 0o600);
    });
    ours("ipcmk", ["-M", "4096"]).run();
    Shm { id: 0 }.set(uid, uid, 0o600);
    Shm::private(10, 0o600);
    let root = Sems::private(1, 0o600);
    format!("shm1 sem{}", root.id)
}

#[test]
fn cleans_up_every_hour() {
    isolated(|| {
        require_root("it acts as another user");
        let stays = leftovers(JOB);
        let blocks = blocks("A clean-up every hour");
        let [service, timer] = &blocks[..] else { panic!("{blocks:?}") };
        assert!(timer.contains("\nOnCalendar=") && timer.contains("\nWantedBy=timers.target"));
        let command = service.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/"));
        let command = command.expect("what the service runs");
        assert_eq!(run(command), "nothing matched\n");
        assert_eq!(
            run(&command.replace("--idle 1h", "--idle 0s")),
            "removed 1 shared memory segment and 2 semaphore sets\n"
        );
        assert_eq!(remaining(), stays);
    });
}

#[test]
fn cleans_up_after_a_batch_job() {
    isolated(|| {
        require_root("it acts as another user");
        let stays = leftovers(JOB);
        let blocks = blocks("After a batch job");
        let [script] = &blocks[..] else { panic!("{blocks:?}") };
        // While another job of the same user runs, the user's sets may be in use.
        let mut other = Actor::start();
        other.tell(&format!("user {JOB}"));
        assert_eq!(run(script), format!("removed 1 shared memory segment of {JOB}\n"));
        other.end();
        assert_eq!(run(script), format!("removed 2 semaphore sets of {JOB}\n"));
        assert_eq!(remaining(), stays);
        // Without a job there is no user: nothing is removed and the script succeeds.
        let output = shell(&format!("unset SLURM_JOB_UID\n{script}"));
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
        assert_eq!(remaining(), stays);
    });
}
