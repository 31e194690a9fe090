//! Which threads are blocked on a set or a queue, and which process they wait for.

use ipcs::model::Kinds;
use ipcs::proc::ProcRoot;
use ipcs::processes::{
    Gap, Inspector, Report, Role, ScanRequest, SemOp, Visibility, Wait, WaitGraph, Waiter, rules,
    wait_graph,
};
use nix::libc;

use super::{own_namespace, report, scanned, user};
use crate::support::actor::{Actor, in_call, stop, until};
use crate::support::inspection::{everybody, reason};
use crate::support::namespace::{EVERY_PROCESS, another, isolated, require_root};
use crate::support::objects::{Queue, Sems};

fn sem_report(set: Sems) -> Report {
    report(&set.stat())
}

fn msg_report(queue: Queue) -> Report {
    report(&queue.stat())
}

/// Who waits on whom, over all sets.
fn graph() -> WaitGraph {
    wait_graph(&mut scanned(ScanRequest::processes(Kinds::SEM)))
}

fn waits(report: &Report) -> Vec<Waiter> {
    report.users.list.iter().flat_map(|user| user.waits.clone()).collect()
}

#[test]
fn reports_the_semaphore_and_operation_of_a_waiter() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let set = Sems::private(4, 0o600);
        set.operate(1, 5);
        let mut actor = Actor::start();
        actor.say(&format!("semop {set} 1:-2 3:-7"));
        until("the actor is blocked", || set.blocked(3) == 1);
        let report = sem_report(set);
        let ops = vec![SemOp { num: 1, sem_op: -2 }, SemOp { num: 3, sem_op: -7 }];
        let wait = Wait::Semop { ops, timed: false };
        let expected = Waiter { pid: actor.pid(), tid: actor.pid(), wait, stopped: false };
        assert_eq!(waits(&report), [expected]);
        assert_eq!((report.waiting, report.gap), (Some(1), None));
        assert_eq!(user(&report, actor.pid()).roles, [Role::Waiting]);
        // The test process was the last to operate semaphore 1.
        let own = std::process::id().cast_signed();
        assert_eq!(user(&report, own).roles, [Role::Last]);
        let verdicts = &report.verdicts;
        for (verdict, answer) in [(&verdicts.in_use, true), (&verdicts.orphaned, false)] {
            assert_eq!(verdict.answer, Some(answer));
            assert_eq!(reason(verdict), "1 thread is blocked on it");
        }
    });
}

#[test]
fn finds_waiting_threads_besides_the_first() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let set = Sems::private(1, 0o600);
        set.operate(0, 1);
        let mut actor = Actor::start();
        actor.tell(&format!("thread semop {set} 0:0"));
        actor.tell(&format!("thread semop {set} 0:-3"));
        until("both are blocked", || set.blocked(0) == 2);
        let report = sem_report(set);
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
fn reports_senders_and_receivers_with_message_types() {
    isolated(|| {
        let (empty, full) = (Queue::private(0o600), Queue::private(0o600));
        full.set_with_capacity(0, 0, 0o600, 10);
        full.send(10);
        let mut actor = Actor::start();
        actor.tell(&format!("thread msgrcv {empty} -7"));
        actor.tell(&format!("thread msgrcv {empty} 3"));
        actor.say(&format!("msgsnd {full} 4"));
        until("the sender is blocked", || in_call(actor.pid(), libc::SYS_msgsnd, full.id));
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
fn ignores_waiters_of_another_namespace_with_the_same_id() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let set = Sems::private(1, 0o600);
        let ours = Queue::private(0o600);
        let mut others = another(|| {
            assert_eq!((Sems::private(1, 0o600), Queue::private(0o600)), (set, ours));
            let mut actor = Actor::start();
            actor.tell(&format!("thread semop {set} 0:-1"));
            actor.tell(&format!("thread msgrcv {ours} 0"));
            until("the actor is blocked", || set.blocked(0) == 1);
            until("the actor is blocked", || in_call(actor.pid(), libc::SYS_msgrcv, ours.id));
            actor
        });
        assert_eq!(waits(&sem_report(set)), []);
        assert_eq!(sem_report(set).waiting, Some(0));
        assert_eq!(sem_report(set).gap, None);
        assert_eq!(waits(&msg_report(ours)), []);
        others.kill_unreaped();
    });
}

#[test]
fn finds_one_thread_of_a_process_in_our_namespace() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let set = Sems::private(1, 0o600);
        let (_namespace, path) = own_namespace();
        let mut others = another(Actor::start);
        others.tell(&format!("thread enter-and-wait {path} {set}"));
        until("the actor is blocked", || set.blocked(0) == 1);
        let report = sem_report(set);
        assert_eq!(waits(&report).len(), 1);
        assert_eq!((report.waiting, report.gap), (Some(1), None));
    });
}

#[test]
fn reports_a_cycle_as_a_possible_deadlock() {
    isolated(|| {
        let set = Sems::private(3, 0o600);
        set.operate(0, 1);
        set.operate(1, 1);
        let [mut a, mut b, mut c] = [Actor::start(), Actor::start(), Actor::start()];
        // Each takes one lock and then waits for the other's.
        assert_eq!(a.tell(&format!("semop {set} 0:-1")), "Ok(())");
        assert_eq!(b.tell(&format!("semop {set} 1:-1")), "Ok(())");
        a.say(&format!("semop {set} 1:-1"));
        b.say(&format!("semop {set} 0:-1"));
        c.say(&format!("semop {set} 0:-1"));
        until("all are blocked", || set.blocked(0) + set.blocked(1) == 3);
        let graph = graph();
        let mut cycle = vec![a.pid(), b.pid()];
        cycle.sort_unstable();
        assert_eq!(graph.circles, [cycle]);
        let edge = |actor: &Actor| graph.edges.iter().find(|e| e.pid == actor.pid()).unwrap();
        assert_eq!((edge(&a).on, edge(&a).num, edge(&a).circle), (Some(b.pid()), Some(1), Some(0)));
        assert_eq!((edge(&b).on, edge(&b).num, edge(&b).circle), (Some(a.pid()), Some(0), Some(0)));
        // This one waits for a process of the cycle, but no process waits for it.
        assert_eq!((edge(&c).on, edge(&c).circle), (Some(a.pid()), None));
    });
}

#[test]
fn counts_waiters_that_the_scan_does_not_find() {
    isolated(|| {
        let set = Sems::private(1, 0o600);
        let mut actor = Actor::start();
        actor.say(&format!("semop {set} 0:-1"));
        until("the actor is blocked", || set.blocked(0) == 1);
        // A /proc without that process, as if it were hidden.
        let tree = tempfile::tempdir().unwrap();
        let view = Visibility { system: false, ..everybody(&ProcRoot::default()) };
        let mut inspector = Inspector::with_view(ProcRoot::at(tree.path()), view);
        inspector.scan(ScanRequest::waiters(Kinds::SEM));
        let report = rules::report(&set.stat(), &mut inspector);
        assert_eq!(report.waiting, Some(1));
        assert_eq!(report.gap, Some(Gap::Waiters { found: 0, blocked: 1 }));
    });
}

/// The kernel removes a thread from the semaphore's queue while a signal or a debugger stops it.
/// The thread waits again when it continues.
#[test]
fn a_stopped_waiter_still_uses_its_set() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let set = Sems::private(2, 0o600);
        // The last operator is gone, and the owner has no process.
        let mut gone = Actor::start();
        gone.tell(&format!("semop {set} 0:1"));
        gone.end();
        set.set(3_000_021, 3_000_021, 0o600);
        let mut actor = Actor::start();
        actor.say(&format!("semop {set} 1:-1"));
        until("the actor is blocked", || set.blocked(1) == 1);
        stop(actor.pid());
        until("the kernel no longer counts it", || set.blocked(1) == 0);
        for request in [ScanRequest::in_use, ScanRequest::unused] {
            let mut inspector = scanned(request(Kinds::SEM));
            let verdicts = rules::verdicts(&set.stat(), &mut inspector);
            assert!(verdicts.in_use.is_yes(), "{verdicts:?}");
            assert!(verdicts.unused.is_no() && verdicts.orphaned.is_no(), "{verdicts:?}");
        }
        let report = sem_report(set);
        assert_eq!((report.waiting, report.gap), (Some(1), None));
        assert_eq!(reason(&report.verdicts.in_use), "1 thread is blocked on it");
        assert!(waits(&report)[0].stopped, "{report:?}");
        assert_eq!(user(&report, actor.pid()).roles, [Role::Waiting]);
    });
}

/// A stopped waiter must not make up for a hidden one.
#[test]
fn does_not_match_stopped_waiters_with_counted_ones() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let set = Sems::private(1, 0o600);
        let mut actor = Actor::start();
        actor.say(&format!("semop {set} 0:-1"));
        until("the actor is blocked", || set.blocked(0) == 1);
        stop(actor.pid());
        until("the kernel no longer counts it", || set.blocked(0) == 0);
        let mut inspector = scanned(ScanRequest::processes(Kinds::SEM));
        // This one starts to wait after the scan, so the scan does not have it.
        let mut late = Actor::start();
        late.say(&format!("semop {set} 0:-1"));
        until("the actor is blocked", || set.blocked(0) == 1);
        let report = rules::report(&set.stat(), &mut inspector);
        assert_eq!(report.gap, Some(Gap::Waiters { found: 0, blocked: 1 }));
        assert_eq!(report.waiting, Some(2));
    });
}

#[test]
fn reports_msg_except() {
    isolated(|| {
        let queue = Queue::private(0o600);
        let mut actor = Actor::start();
        actor.say(&format!("msgrcv-except {queue} 7"));
        until("the actor is blocked", || in_call(actor.pid(), libc::SYS_msgrcv, queue.id));
        let report = msg_report(queue);
        assert_eq!(waits(&report)[0].wait, Wait::Msgrcv { msgtyp: 7, except: true });
    });
}

#[test]
fn reads_operations_after_the_first_thread_has_exited() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let set = Sems::private(3, 0o600);
        let mut actor = Actor::start();
        actor.tell("first-thread-exits");
        actor.say(&format!("semop {set} 2:-1"));
        until("the actor is blocked", || set.blocked(2) == 1);
        let found = waits(&sem_report(set));
        let ops = vec![SemOp { num: 2, sem_op: -1 }];
        assert_eq!(found[0].wait, Wait::Semop { ops, timed: false });
        let graph = graph();
        assert_eq!((graph.edges[0].num, graph.edges[0].on), (Some(2), Some(0)));
    });
}

#[test]
fn reports_a_timeout_in_a_cycle() {
    isolated(|| {
        let set = Sems::private(2, 0o600);
        set.operate(0, 1);
        set.operate(1, 1);
        let [mut a, mut b] = [Actor::start(), Actor::start()];
        assert_eq!(a.tell(&format!("semop {set} 0:-1")), "Ok(())");
        assert_eq!(b.tell(&format!("semop {set} 1:-1")), "Ok(())");
        a.say(&format!("semop {set} 1:-1"));
        b.say(&format!("semtimedop {set} 0 -1 1000"));
        until("both are blocked", || set.blocked(0) == 1 && set.blocked(1) == 1);
        let graph = graph();
        let edge = |pid| graph.edges.iter().find(|edge| edge.pid == pid).unwrap();
        assert_eq!((edge(a.pid()).timed, edge(b.pid()).timed), (false, true));
        for edge in &graph.edges {
            assert!(edge.circle.is_some() && edge.ends_by_timeout, "{edge:?}");
        }
    });
}
