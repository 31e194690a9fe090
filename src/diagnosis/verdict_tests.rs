use super::*;
use crate::diagnosis::causes::CAUSES;
use crate::diagnosis::{IpcFigures, Queues, System};
use crate::proc::meminfo::Meminfo;

fn cause(limit: &str) -> &'static Cause {
    CAUSES.iter().find(|cause| cause.limit == limit).expect("a cause")
}

fn with(figures: &[(&str, Option<u64>, Option<u64>)]) -> Readings {
    let figures = figures.iter().map(|(name, limit, used)| Figure {
        name: (*name).to_owned(),
        limit: *limit,
        used: *used,
        largest: None,
    });
    let ipc = IpcFigures { figures: figures.collect(), ..IpcFigures::default() };
    Readings { ipc, ..Readings::default() }
}

fn state(limit: &str, readings: &Readings) -> (State, String) {
    let verdict = judge(cause(limit), readings);
    (verdict.state, verdict.reason)
}

fn with_system(system: System) -> Readings {
    Readings { system, ..Readings::default() }
}

#[test]
fn objects_are_counted_one_by_one() {
    let of = |used| state("semmni", &with(&[("semmni", Some(3), Some(used))]));
    assert_eq!(of(2), (State::NotThis, "2 of 3 in use".to_owned()));
    assert_eq!(of(3), (State::Full, "3 of 3 in use".to_owned()));
    assert_eq!(of(4).0, State::Full);
    assert_eq!(state("semmni", &with(&[])).0, State::CannotTell);
    assert_eq!(state("semmni", &with(&[("semmni", Some(3), None)])).0, State::CannotTell);
}

#[test]
fn a_large_request_may_need_more_than_is_left() {
    let of = |used| {
        let figures = [("semmns", Some(10), Some(used)), ("semmsl", Some(4), None)];
        state("semmns", &with(&figures))
    };
    assert_eq!(of(6).0, State::NotThis);
    assert_eq!(of(7), (State::CannotTell, "7 of 10 in use: fails above 3 more".to_owned()));
    assert_eq!(of(10).0, State::Full);
    let shm = |limit| state("devshm_bytes", &with(&[("devshm_bytes", limit, Some(4096))]));
    let expected = "4096 of 8192 bytes in use: fails above 4096 bytes more";
    assert_eq!(shm(Some(8192)), (State::CannotTell, expected.to_owned()));
    assert_eq!(shm(None), (State::NotThis, "there is no limit".to_owned()));
}

#[test]
fn a_single_request_decides_about_its_own_limit() {
    let of = |limit| state("shmmax", &with(&[("shmmax", Some(limit), None)]));
    assert_eq!(of(8192), (State::CannotTell, "fails above 8192 bytes".to_owned()));
    assert_eq!(of(0).0, State::Full);
    assert_eq!(of(u64::MAX - (1 << 24)).0, State::NotThis);
}

#[test]
fn queues_are_full_by_bytes_or_messages() {
    let of = |limit: &str, queues: Queues| {
        let mut readings = with(&[("msgmax", Some(100), None)]);
        readings.ipc.queues = queues;
        state(limit, &readings)
    };
    let none = Queues::default();
    let full = Queues { full_of_bytes: 2, first_full: Some(5), ..none.clone() };
    let expected = (State::Full, "2 queues are full, the first is 5".to_owned());
    assert_eq!(of("qbytes (bytes)", full.clone()), expected);
    assert_eq!(of("qbytes (messages)", full).0, State::NotThis);
    assert_eq!(of("qbytes (bytes)", none.clone()).0, State::NotThis);
    let room = |left| Queues { least_left: Some(left), ..Queues::default() };
    assert_eq!(of("qbytes (bytes)", room(100)).0, State::NotThis);
    assert_eq!(of("qbytes (bytes)", room(99)).0, State::CannotTell);
    let unsure = Queues { is_unsure: true, ..none };
    assert_eq!(of("qbytes (messages)", unsure).0, State::CannotTell);
}

#[test]
fn memory_is_refused_as_the_setting_says() {
    let of = |overcommit, committed| {
        let memory = Meminfo {
            total: Some(700),
            swap: Some(300),
            commit_limit: Some(500),
            committed: Some(committed),
            ..Meminfo::default()
        };
        state(
            "vm.overcommit_memory",
            &with_system(System { overcommit, memory, ..System::default() }),
        )
    };
    assert_eq!(of(Some(2), 500), (State::Full, "500 of 500 bytes promised".to_owned()));
    assert_eq!(of(Some(2), 499).0, State::CannotTell);
    assert_eq!(of(Some(1), 500).0, State::NotThis);
    let (state, reason) = of(Some(0), 500);
    assert!(state == State::CannotTell && reason.starts_with("fails above 1000 bytes"), "{reason}");
    assert_eq!(of(None, 500).0, State::CannotTell);
}

#[test]
fn limits_of_the_caller_are_not_those_of_the_program() {
    let of = |text: &str, pid, is_lock_capable| {
        let limits = format!("Max locked memory         {text}      {text}      bytes\n");
        let system = System {
            pid,
            limits: limits.into_bytes(),
            is_lock_capable: Some(is_lock_capable),
            ..System::default()
        };
        judge(cause("RLIMIT_MEMLOCK"), &with_system(system))
    };
    let (caller, other) = (None, Some(7));
    assert_eq!(of("unlimited", caller, false).state, State::CannotTell);
    assert!(of("unlimited", caller, false).is_unlikely);
    assert_eq!(of("unlimited", other, false).state, State::NotThis);
    assert_eq!(of("65536", other, true).state, State::NotThis);
    assert_eq!(of("65536", caller, true).state, State::CannotTell);
    let verdict = of("65536", caller, false);
    assert_eq!((verdict.state, verdict.limit), (State::CannotTell, Some(65_536)));
    assert!(verdict.reason.contains("your limit"), "{}", verdict.reason);
    assert_eq!(of("0", other, false).state, State::Full);
    assert_eq!(judge(cause("RLIMIT_AS"), &Readings::default()).state, State::CannotTell);
}

#[test]
fn huge_pages_are_for_a_group_or_a_capability() {
    let of = |groups: &[u32], is_lock_capable, pid| {
        let system = System {
            pid,
            huge_group: Some(5),
            groups: Some(groups.to_vec()),
            is_lock_capable: Some(is_lock_capable),
            ..System::default()
        };
        state("vm.hugetlb_shm_group", &with_system(system))
    };
    let expected = "you have neither group 5 nor CAP_IPC_LOCK";
    assert_eq!(of(&[1], false, None), (State::Full, expected.to_owned()));
    assert_eq!(of(&[1, 5], false, None).0, State::CannotTell);
    assert_eq!(of(&[1], true, Some(7)).0, State::NotThis);
}

#[test]
fn a_control_group_is_full_when_its_memory_is_used() {
    use crate::diagnosis::system::GroupMemory;
    let of = |limit, used, killed, pid| {
        let group = Some(GroupMemory { limit, used: Some(used), killed: Some(killed) });
        state("memory.max", &with_system(System { group, pid, ..System::default() }))
    };
    assert_eq!(of(Some(100), 100, 0, None).0, State::Full);
    let (state_of, reason) = of(Some(100), 60, 3, None);
    assert_eq!(state_of, State::CannotTell);
    assert!(reason.ends_with("your control group; 3 processes were killed in it"), "{reason}");
    assert_eq!(of(None, 60, 0, None).0, State::CannotTell);
    assert_eq!(of(None, 60, 0, Some(7)).0, State::NotThis);
    assert_eq!(state("memory.max", &Readings::default()).0, State::CannotTell);
}

#[test]
fn protected_files_matter_only_if_they_are_protected() {
    let of = |protected_regular| {
        let system = System { protected_regular, ..System::default() };
        state("fs.protected_regular", &with_system(system)).0
    };
    assert_eq!(
        [of(Some(0)), of(Some(1)), of(None)],
        [State::NotThis, State::CannotTell, State::CannotTell]
    );
}
