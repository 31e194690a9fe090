//! The commands of the manual's recipes, run on the situations that they are for.
//!
//! systemd and Slurm are not started; the tests run the commands that they would run.

mod posix;

use std::process::{Command, Output};

use crate::docs::manual::RECIPES;
use crate::docs::markup::blocks_under;
use crate::support::actor::{Actor, until};
use crate::support::leftovers::{absent_user, left_by};
use crate::support::namespace::{add_users, another, isolated, require_root, require_users};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::programs::path_of_ours;
use crate::support::table::remaining;

const JOB: u32 = 4_000_777;

/// The fenced blocks under a heading.
fn blocks(heading: &str) -> Vec<String> {
    let blocks = blocks_under(RECIPES, heading);
    blocks.iter().map(|block| block.trim_end().to_owned()).collect()
}

/// The command lines under a heading.
fn commands(heading: &str) -> Vec<String> {
    blocks(heading).iter().flat_map(|block| block.lines()).map(str::to_owned).collect()
}

/// Runs a script in a shell whose PATH begins with our programs.
fn shell(script: &str) -> Output {
    let program = path_of_ours("ipcrm");
    let programs = program.parent().expect("a directory");
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

/// The uid of a user, who is added if missing. No thread of this process ever has it.
fn user(name: &str) -> u32 {
    let there = nix::unistd::User::from_name(name).expect("the users");
    there.map_or_else(
        || {
            let uid = absent_user();
            add_users(&[(name, uid)]);
            uid
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
            "Semaphores of Apache after a kill",
            "Semaphores of PHP",
            "/dev/shm is full",
            "PostgreSQL: pre-existing shared memory block is still in use",
            "Segments with the status dest that never go",
            "Who uses an object",
            "Full POSIX queues of a dead service",
            "A POSIX semaphore that stays locked",
            // These are tested in tests/docs/namespaces.rs.
            "Which container or pod leaks",
            "Look into one container",
            "Clean up all containers of a node",
            "What keeps a namespace",
            "In a container where everything is root",
            "Containers that share an IPC namespace",
            "What was left behind",
            "Large segments of finished jobs",
            "After a batch job",
            "Shared memory that a Python or PyTorch job left",
            "Shared memory that an MPI job left",
            "POSIX objects after a batch job",
            "A clean-up every hour",
            "Values for a script",
        ]
    );
}

/// Sets made by root and given away, and used by a child that is gone, as Apache leaves them. That
/// the sets of an old instance are found beside a new one takes a minute, and is tested where the
/// rules are.
#[test]
fn removes_semaphores_of_apache_after_a_kill() {
    require_users("it gives objects to other users");
    isolated(|| {
        let www_data = user("www-data");
        let sets = [(); 4].map(|()| {
            let set = Sems::private(1, 0o600);
            set.set(www_data, www_data, 0o600);
            set
        });
        let foreign = Sems::private(1, 0o600);
        let mut child = Actor::start();
        child.tell(&format!("operate {} 3", sets[0].id));
        child.end();
        let mut alive = Actor::of(www_data);
        alive.tell(&format!("thread semop {} 0:-1", sets[3]));
        until("a worker waits", || sets[3].blocked(0) == 1);
        let lines = commands("Semaphores of Apache after a kill");
        let [dry, real, idle] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(run(idle), "nothing matched\n");
        let would = run(dry);
        assert!(
            would.contains("would remove nothing; would keep 1 in use; 3 may be in use ("),
            "{would}"
        );
        assert!(run(real).starts_with("nothing removed; kept 1 in use; 3 may be in use ("));
        let idle = idle.replace("1m", "0s");
        assert_eq!(run(&idle), "removed 3 semaphore sets of www-data; kept 1 in use\n");
        alive.end();
        // Without any process of the server, its last set is still that of a creator who is root.
        assert!(run(real).starts_with("nothing removed; 1 may be in use (to see those untouched "));
        assert_eq!(run(&idle), "removed 1 semaphore set of www-data\n");
        assert_eq!(remaining(), format!("sem{}", foreign.id));
    });
}

#[test]
fn removes_semaphores_of_php() {
    require_root("it acts as another user");
    isolated(|| {
        let www_data = user("www-data");
        left_by(www_data, &["set 3", "set 3", "set 3"]);
        let lines = commands("Semaphores of PHP");
        let [stopped, running] = &lines[..] else { panic!("{lines:?}") };
        let mut worker = Actor::of(www_data);
        worker.tell("operate 2 1");
        assert_eq!(run(running), "nothing matched\n");
        let kept = run(stopped);
        assert!(kept.starts_with("nothing removed; kept 1 in use; 2 may be in use ("), "{kept}");
        assert!(kept.contains(&format!("({}) may come back to them)", worker.pid())), "{kept}");
        let dry = run(&format!("{} -n", running.replace("7d", "0s")));
        assert!(dry.ends_with("would remove 2 semaphore sets of www-data; would keep 1 in use\n"));
        worker.end();
        assert_eq!(run(stopped), "removed 3 semaphore sets of www-data\n");
    });
}

#[test]
fn frees_a_postgresql_block_still_in_use() {
    require_root("it acts as another user");
    isolated(|| {
        let postgres = user("postgres");
        left_by(postgres, &["keyed-segment 5432001 56", "set 17", "set 17"]);
        let mut backend = Actor::of(postgres);
        backend.attach(0, "rw");
        let lines = commands("PostgreSQL: pre-existing shared memory block is still in use");
        let [who, all, shm] = &lines[..] else { panic!("{lines:?}") };
        let listed = run(who);
        assert!(listed.contains(&format!(" {} ", backend.pid())), "{listed}");
        assert_eq!(run(shm), "nothing matched\n");
        assert!(run(all).starts_with("nothing removed; kept 1 in use; 2 may be in use ("));
        backend.end();
        // Another server of the same user has its own segment attached.
        let mut other = Actor::of(postgres);
        other.tell("keyed-segment 5433001 56");
        other.attach(1, "rw");
        assert_eq!(run(shm), "removed 1 segment (56B) of postgres\n");
        assert_eq!(remaining(), "shm1 sem0 sem1");
        other.end();
        assert_eq!(run(all), "removed 1 segment (56B) and 2 semaphore sets of postgres\n");
        assert_eq!(remaining(), "");
    });
}

#[test]
fn removes_large_segments_of_finished_jobs() {
    require_users("it looks at other processes");
    isolated(|| {
        let (gone, lives) = (absent_user(), absent_user());
        left_by(gone, &["segment 1073741824", "segment 2147483648", "segment 4096"]);
        left_by(lives, &["keyed-segment 5 1073741824"]);
        let _job = Actor::of(lives);
        // Those of root are never sure.
        Shm::unreserved(1 << 30, 0o600);
        let lines = commands("Large segments of finished jobs");
        let [list, remove] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(run(remove), "nothing matched\n");
        let list = run(&list.replace("12h", "0s"));
        let place = |size: &str| list.find(size).unwrap_or_else(|| panic!("{size} in {list}"));
        assert!(place("2147483648") < place("1073741824"), "{list}");
        let removed = run(&remove.replace("12h", "0s"));
        assert!(removed.starts_with("removed 2 segments (3G); 1 kept: "), "{removed}");
        assert_eq!(remaining(), "shm2 shm3 shm4");
    });
}

#[test]
fn finds_processes_that_hold_dest_segments() {
    isolated(|| {
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
    left_by(uid, &["set 1", "set 2", "segment 4096"]);
    Shm::private(10, 0o600);
    let root = Sems::private(1, 0o600);
    format!("shm1 sem{}", root.id)
}

#[test]
fn cleans_up_every_hour() {
    require_root("it acts as another user");
    isolated(|| {
        let uid = absent_user();
        let stays = leftovers(uid);
        posix::shm_of(uid, "left", 4096);
        posix::shm_of(0, "of-root", 4096);
        let blocks = blocks("A clean-up every hour");
        let [service, timer, posix] = &blocks[..] else { panic!("{blocks:?}") };
        assert!(timer.contains("\nOnCalendar=") && timer.contains("\nWantedBy=timers.target"));
        let command = |text: &str| {
            let command = text.lines().find_map(|line| line.strip_prefix("ExecStart="));
            command.expect("what the service runs").to_owned()
        };
        let (command, posix) = (command(service), command(posix));
        assert_eq!(
            (run(&command), run(&posix)),
            ("nothing matched\n".into(), "nothing matched\n".into())
        );
        assert!(run(&posix.replace("1d", "0s")).starts_with("removed 1 shared memory object (4K)"));
        assert_eq!(crate::support::posix::files(), "of-root");
        let removed = run(&command.replace("--idle 1d", "--idle 0s"));
        assert!(
            removed.starts_with(
                "removed 1 segment (4K) and 2 semaphore sets; 1 kept that may be in use; "
            ),
            "{removed}"
        );
        assert_eq!(remaining(), stays);
    });
}

#[test]
fn cleans_up_after_a_batch_job() {
    require_root("it acts as another user");
    isolated(|| {
        let stays = leftovers(JOB);
        let blocks = blocks("After a batch job");
        let [script] = &blocks[..] else { panic!("{blocks:?}") };
        // Another job of the same user may need them.
        let other = Actor::of(JOB);
        let kept = run(script);
        assert!(kept.starts_with("nothing removed; 3 may be in use ("), "{kept}");
        assert!(kept.contains(&format!("({}) may come back to them)", other.pid())), "{kept}");
        other.end();
        assert_eq!(run(script), format!("removed 1 segment (4K) and 2 semaphore sets of {JOB}\n"));
        assert_eq!(remaining(), stays);
        // Without a job there is no user: nothing is removed and the script succeeds.
        let output = shell(&format!("unset SLURM_JOB_UID\n{script}"));
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
        assert_eq!(remaining(), stays);
    });
}

/// Runs a command line as in a container: in a new pid namespace of the same IPC namespace.
const IN_CONTAINER: &str = "unshare --pid --fork --mount-proc";

#[test]
fn cleans_up_in_a_container_where_everything_is_root() {
    isolated(|| {
        let segments = [Shm::private(10, 0o600), Shm::private(10, 0o600)];
        let _attachment = segments[1].attach();
        let set = Sems::private(1, 0o600);
        let _waiter = Sems::private(1, 0o600).wait_for_increase(0, 1);
        set.operate(0, 1);
        let lines = commands("In a container where everything is root");
        let [dry, real] = &lines[..] else { panic!("{lines:?}") };
        let plain = run(&format!("{IN_CONTAINER} ipcrm --all --idle 0s"));
        assert!(plain.starts_with("nothing removed; kept 2 in use; 2 may be in use ("), "{plain}");
        assert_eq!(run(&format!("{IN_CONTAINER} {real}")), "nothing matched\n");
        let inside = |line: &str| run(&format!("{IN_CONTAINER} {}", line.replace("1d", "0s")));
        let summary = "remove 1 segment (10B) and 1 semaphore set; would keep 2 in use\n";
        assert!(inside(dry).ends_with(summary), "{}", inside(dry));
        assert_eq!(inside(real), "removed 1 segment (10B) and 1 semaphore set; kept 2 in use\n");
        assert_eq!(remaining(), "shm1 sem1");
    });
}

#[test]
fn cleans_up_an_ipc_namespace_that_containers_share() {
    require_root("it makes pid namespaces");
    isolated(|| {
        let uid = absent_user();
        left_by(uid, &["segment 10", "set 1"]);
        let member = Actor::start();
        let lines = commands("Containers that share an IPC namespace");
        let [list, remove] = &lines[..] else { panic!("{lines:?}") };
        let line = |line: &str| {
            line.replace("PID", &member.pid().to_string()).replace("--idle 1d", "--idle 0s")
        };
        // In a container, its own processes prove nothing about the others'.
        let (_, inside) = remove.split_once("--ipc ").expect("a command");
        let kept = run(&format!("{IN_CONTAINER} {}", line(inside)));
        assert!(kept.starts_with("nothing removed; 2 may be in use ("), "{kept}");
        another(|| {
            let listed = run(&line(list));
            assert!(listed.contains(&format!(" {uid} ")), "{listed}");
            assert_eq!(run(&line(remove)), "removed 1 segment (10B) and 1 semaphore set\n");
        });
        assert_eq!(remaining(), "");
    });
}

#[test]
fn shows_who_uses_an_object() {
    isolated(|| {
        require_root("it acts as another user");
        let uid = absent_user();
        left_by(uid, &["segment 4096", "set 1"]);
        let mut holder = Actor::start();
        let large = holder.make_segment(8192);
        holder.attach(large, "rw");
        holder.say("semop 0 0:-1");
        until("a process waits", || Sems { id: 0 }.blocked(0) == 1);
        let lines = commands("Who uses an object");
        let [segments, set, used_by] = &lines[..] else { panic!("{lines:?}") };
        let pid = format!(" {} ", holder.pid());
        let listed = run(segments);
        let place = |text: &str| listed.find(text).unwrap_or_else(|| panic!("{text} in {listed}"));
        assert!(place(" 8K ") < place(&pid) && place(&pid) < place(" 4K "), "{listed}");
        assert!(run(set).contains(&pid), "{}", run(set));
        let used = run(&used_by.replace("4711", pid.trim()));
        assert!(used.contains(" 8192 ") && !used.contains(" 4096 "), "{used}");
    });
}

#[test]
fn removes_what_was_left_behind() {
    isolated(|| {
        require_root("it acts as another user");
        let stays = leftovers(absent_user());
        let lines = commands("What was left behind");
        let [list, dry, remove] = &lines[..] else { panic!("{lines:?}") };
        assert!(run(list).contains(" 4096 "), "{}", run(list));
        assert!(run(dry).contains("would remove 1 segment (4K) and 2 semaphore sets"));
        assert!(run(remove).starts_with("removed 1 segment (4K) and 2 semaphore sets"));
        assert_eq!(remaining(), stays);
    });
}

#[test]
fn gives_values_to_a_script() {
    isolated(|| {
        let segments = [Shm::private(10, 0o600), Shm::private(20, 0o600)];
        let attached = Shm::private(30, 0o600);
        let _attachment = attached.attach();
        let queue = Queue::private(0o600);
        queue.send(8000);
        queue.send(8000);
        Queue::private(0o600).send(10);
        let blocks = blocks("Values for a script");
        let [values, each] = &blocks[..] else { panic!("{blocks:?}") };
        let [first, second] = segments.map(|segment| segment.id);
        assert_eq!(run(values), format!("{first}\n{second}\n30\n{}\n", queue.id));
        let lines = run(each);
        assert_eq!(lines.lines().count(), 3, "{lines}");
        assert!(lines.contains(&format!("segment {second} of root has 20 bytes\n")), "{lines}");
    });
}
