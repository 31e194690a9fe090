//! Who is blocked on a set or a queue, and on whom.

use ipcs::model::{Id, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::processes::{Gap, Inspector, Report, Request, Role, SemOp, User, Wait, Waiter};
use nix::libc;

use super::scene::{
    Actor, blocked, chown_queue, chown_set, in_call, isolated, msg_of, msgsnd, queue, sem_of,
    semop, set, stop, until,
};

fn sem_report(id: Id) -> Report {
    let mut inspector = Inspector::new(ProcRoot::default());
    inspector.scan(Request::processes(Kinds::SEM));
    inspector.report(&sem_of(id))
}

fn msg_report(id: Id) -> Report {
    let mut inspector = Inspector::new(ProcRoot::default());
    inspector.scan(Request::processes(Kinds::MSG));
    inspector.report(&msg_of(id))
}

fn waits(report: &Report) -> Vec<Waiter> {
    report.users.iter().flat_map(|user| user.waits.clone()).collect()
}

fn user(report: &Report, pid: i32) -> &User {
    report.users.iter().find(|user| user.process.pid == pid).unwrap()
}

#[test]
fn which_semaphore_and_by_how_much() {
    isolated(|| {
        let id = set(4);
        semop(id, &[(1, 5)], 0).unwrap();
        let mut actor = Actor::start();
        actor.say(&format!("semop {id} 1:-2 3:-7"));
        until("blocked", || blocked(id, 3) == 1);
        let report = sem_report(id);
        let ops = vec![SemOp { num: 1, sem_op: -2 }, SemOp { num: 3, sem_op: -7 }];
        let wait = Wait::Semop { ops, timed: false };
        let expected = Waiter { pid: actor.pid(), tid: actor.pid(), wait, stopped: false };
        assert_eq!(waits(&report), [expected]);
        assert_eq!((report.waiting, report.gap), (Some(1), None));
        assert_eq!(user(&report, actor.pid()).roles, [Role::Waiting]);
        // The test operated semaphore 1 and lives.
        let own = std::process::id().cast_signed();
        assert_eq!(user(&report, own).roles, [Role::Last]);
        assert_eq!(report.orphaned.reason.to_string(), "owner is root");
    });
}

#[test]
fn a_thread_waits_while_the_first_one_sleeps() {
    isolated(|| {
        let id = set(1);
        semop(id, &[(0, 1)], 0).unwrap();
        let mut actor = Actor::start();
        actor.tell(&format!("thread semop {id} 0:0"));
        actor.tell(&format!("thread semop {id} 0:-3"));
        until("both are blocked", || blocked(id, 0) == 2);
        let report = sem_report(id);
        let found = waits(&report);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|waiter| waiter.pid == actor.pid() && waiter.tid != waiter.pid));
        let mut ops: Vec<_> = found
            .iter()
            .map(|waiter| match &waiter.wait {
                Wait::Semop { ops, .. } => ops[0].sem_op,
                other => panic!("{other:?}"),
            })
            .collect();
        ops.sort_unstable();
        assert_eq!(ops, [-3, 0]);
        assert_eq!((report.waiting, report.gap), (Some(2), None));
    });
}

#[test]
fn senders_and_receivers_with_the_type_that_they_wait_for() {
    isolated(|| {
        let (empty, full) = (queue(), queue());
        chown_queue(full, 0, 10);
        msgsnd(full, 1, 10, 0).unwrap();
        let mut actor = Actor::start();
        actor.tell(&format!("thread msgrcv {empty} -7"));
        actor.tell(&format!("thread msgrcv {empty} 3"));
        actor.say(&format!("msgsnd {full} 4"));
        until("the sender is blocked", || in_call(actor.pid(), libc::SYS_msgsnd, full));
        until("receivers are blocked", || waits(&msg_report(empty)).len() == 2);
        let report = msg_report(empty);
        let mut kinds: Vec<_> = waits(&report).into_iter().map(|waiter| waiter.wait).collect();
        kinds.sort_by_key(|wait| matches!(wait, Wait::Msgrcv { msgtyp: 3, .. }));
        let msgrcv = |msgtyp| Wait::Msgrcv { msgtyp, except: false };
        assert_eq!(kinds, [msgrcv(-7), msgrcv(3)]);
        assert_eq!(report.waiting, Some(2));
        let report = msg_report(full);
        assert_eq!(user(&report, actor.pid()).waits[0].wait, Wait::Msgsnd);
        assert_eq!((report.waiting, waits(&report).len()), (Some(1), 1));
    });
}

#[test]
fn waiters_of_another_namespace_with_the_same_id_are_not_ours() {
    isolated(|| {
        let id = set(1);
        let ours = queue();
        let mut others = isolated(|| {
            assert_eq!((set(1), queue()), (id, ours));
            let mut actor = Actor::start();
            actor.tell(&format!("thread semop {id} 0:-1"));
            actor.tell(&format!("thread msgrcv {ours} 0"));
            until("blocked there", || blocked(id, 0) == 1);
            until("blocked there", || in_call(actor.pid(), libc::SYS_msgrcv, ours));
            actor
        });
        assert_eq!(waits(&sem_report(id)), []);
        assert_eq!(sem_report(id).waiting, Some(0));
        assert_eq!(sem_report(id).gap, None);
        assert_eq!(waits(&msg_report(ours)), []);
        others.kill_unreaped();
    });
}

#[test]
fn one_thread_in_our_namespace_is_enough() {
    isolated(|| {
        let id = set(1);
        let namespace = std::fs::File::open("/proc/thread-self/ns/ipc").unwrap();
        let fd = std::os::fd::AsRawFd::as_raw_fd(&namespace);
        let mut others = isolated(Actor::start);
        let path = format!("/proc/{}/fd/{fd}", std::process::id());
        others.tell(&format!("thread enter-and-wait {path} {id}"));
        until("blocked", || blocked(id, 0) == 1);
        let report = sem_report(id);
        assert_eq!(waits(&report).len(), 1);
        assert_eq!((report.waiting, report.gap), (Some(1), None));
    });
}

#[test]
fn two_that_wait_for_each_other_are_a_possible_deadlock() {
    isolated(|| {
        let id = set(3);
        semop(id, &[(0, 1), (1, 1)], 0).unwrap();
        let [mut a, mut b, mut c] = [Actor::start(), Actor::start(), Actor::start()];
        // Each takes one lock, then wants the other's.
        assert_eq!(a.tell(&format!("semop {id} 0:-1")), "Ok(())");
        assert_eq!(b.tell(&format!("semop {id} 1:-1")), "Ok(())");
        a.say(&format!("semop {id} 1:-1"));
        b.say(&format!("semop {id} 0:-1"));
        c.say(&format!("semop {id} 0:-1"));
        until("all are blocked", || blocked(id, 0) + blocked(id, 1) == 3);
        let mut inspector = Inspector::new(ProcRoot::default());
        inspector.scan(Request::waiters(Kinds::SEM));
        let graph = inspector.wait_graph(&[sem_of(id)], &[]);
        let mut circle = vec![a.pid(), b.pid()];
        circle.sort_unstable();
        assert_eq!(graph.circles, [circle]);
        let edge = |actor: &Actor| graph.edges.iter().find(|e| e.pid == actor.pid()).unwrap();
        assert_eq!(
            (edge(&a).on, edge(&a).num, edge(&a).possible_deadlock),
            (Some(b.pid()), Some(1), true)
        );
        assert_eq!(
            (edge(&b).on, edge(&b).num, edge(&b).possible_deadlock),
            (Some(a.pid()), Some(0), true)
        );
        // This one waits for a process in the circle, but nobody for it.
        assert_eq!((edge(&c).on, edge(&c).possible_deadlock), (Some(a.pid()), false));
    });
}

#[test]
fn threads_that_no_scan_finds_are_counted_by_the_kernel() {
    isolated(|| {
        let id = set(1);
        let mut actor = Actor::start();
        actor.say(&format!("semop {id} 0:-1"));
        until("blocked", || blocked(id, 0) == 1);
        // A tree without that process, as if it were hidden.
        let tree = tempfile::tempdir().unwrap();
        let mut view = *Inspector::new(ProcRoot::default()).view();
        view.system = false;
        let mut inspector = Inspector::with_view(ProcRoot::at(tree.path()), view);
        inspector.scan(Request::waiters(Kinds::SEM));
        let report = inspector.report(&sem_of(id));
        assert_eq!(report.waiting, Some(1));
        assert_eq!(report.gap, Some(Gap::Waiters { found: 0, blocked: 1 }));
    });
}

/// The kernel takes whom a signal stops, or a debugger holds, off a semaphore's queue; when it goes
/// on it will be back.
#[test]
fn a_stopped_waiter_still_uses_its_set() {
    isolated(|| {
        let id = set(2);
        // Whoever operated it has gone, and its owner has no process.
        let mut gone = Actor::start();
        gone.tell(&format!("semop {id} 0:1"));
        gone.end();
        chown_set(id, 3_000_021);
        let mut actor = Actor::start();
        actor.say(&format!("semop {id} 1:-1"));
        until("blocked", || blocked(id, 1) == 1);
        stop(actor.pid());
        until("no longer counted", || blocked(id, 1) == 0);
        let mut inspector = Inspector::new(ProcRoot::default());
        for request in [Request::in_use(Kinds::SEM), Request::orphans(Kinds::SEM)] {
            inspector.scan(request);
            let set = sem_of(id);
            assert_eq!(inspector.in_use(&set).answer, Some(true), "{request:?}");
            assert_eq!(inspector.unused(&set).answer, Some(false), "{request:?}");
            assert_eq!(inspector.orphaned(&set).answer, Some(false), "{request:?}");
        }
        let report = sem_report(id);
        assert_eq!((report.waiting, report.gap), (Some(1), None));
        assert_eq!(report.orphaned.reason.to_string(), "1 blocked on it");
        assert!(waits(&report)[0].stopped, "{report:?}");
        assert_eq!(user(&report, actor.pid()).roles, [Role::Waiting]);
    });
}

/// One that is stopped must not stand in for one that is out of sight.
#[test]
fn a_stopped_waiter_is_not_one_of_those_that_the_kernel_counts() {
    isolated(|| {
        let id = set(1);
        let mut actor = Actor::start();
        actor.say(&format!("semop {id} 0:-1"));
        until("blocked", || blocked(id, 0) == 1);
        stop(actor.pid());
        until("no longer counted", || blocked(id, 0) == 0);
        let mut inspector = Inspector::new(ProcRoot::default());
        inspector.scan(Request::processes(Kinds::SEM));
        // As if it had started to wait after the processes were looked at.
        let mut late = Actor::start();
        late.say(&format!("semop {id} 0:-1"));
        until("blocked", || blocked(id, 0) == 1);
        let report = inspector.report(&sem_of(id));
        assert_eq!(report.gap, Some(Gap::Waiters { found: 0, blocked: 1 }));
        assert_eq!(report.waiting, Some(2));
    });
}

#[test]
fn any_type_but_one() {
    isolated(|| {
        let id = queue();
        let mut actor = Actor::start();
        actor.say(&format!("msgrcv-except {id} 7"));
        until("blocked", || in_call(actor.pid(), libc::SYS_msgrcv, id));
        let report = msg_report(id);
        assert_eq!(waits(&report)[0].wait, Wait::Msgrcv { msgtyp: 7, except: true });
    });
}

#[test]
fn what_a_thread_waits_for_is_read_though_the_first_one_has_exited() {
    isolated(|| {
        let id = set(3);
        let mut actor = Actor::start();
        actor.tell("first-thread-exits");
        actor.say(&format!("semop {id} 2:-1"));
        until("blocked", || blocked(id, 2) == 1);
        let found = waits(&sem_report(id));
        let ops = vec![SemOp { num: 2, sem_op: -1 }];
        assert_eq!(found[0].wait, Wait::Semop { ops, timed: false });
        let mut inspector = Inspector::new(ProcRoot::default());
        inspector.scan(Request::waiters(Kinds::SEM));
        let graph = inspector.wait_graph(&[sem_of(id)], &[]);
        assert!(graph.edges[0].to_string().ends_with("semaphore 2 of set 0, never operated"));
    });
}

#[test]
fn a_circle_with_a_timeout_says_so() {
    isolated(|| {
        let id = set(2);
        semop(id, &[(0, 1), (1, 1)], 0).unwrap();
        let [mut a, mut b] = [Actor::start(), Actor::start()];
        assert_eq!(a.tell(&format!("semop {id} 0:-1")), "Ok(())");
        assert_eq!(b.tell(&format!("semop {id} 1:-1")), "Ok(())");
        a.say(&format!("semop {id} 1:-1"));
        b.say(&format!("semtimedop {id} 0 -1 1000"));
        until("both are blocked", || blocked(id, 0) == 1 && blocked(id, 1) == 1);
        let mut inspector = Inspector::new(ProcRoot::default());
        inspector.scan(Request::waiters(Kinds::SEM));
        let graph = inspector.wait_graph(&[sem_of(id)], &[]);
        let edge = |pid| graph.edges.iter().find(|edge| edge.pid == pid).unwrap();
        assert_eq!((edge(a.pid()).timed, edge(b.pid()).timed), (false, true));
        for edge in &graph.edges {
            assert!(edge.possible_deadlock && edge.ends_by_timeout, "{edge}");
        }
        let text = edge(b.pid()).to_string();
        assert!(text.contains(" of set 0 with a timeout, last operated by "), "{text}");
        assert!(text.ends_with(": possible deadlock until a timeout"), "{text}");
    });
}
