//! Completions of what the running system has: objects, processes and columns of their kinds.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{Offer, Offers, PROGRAMS, programs};
use crate::docs::file;
use crate::docs::scene::SYSTEM;
use crate::support::namespace::{add_users, another, isolated, require_users};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::posix;
use crate::support::programs::Killed;

/// A user whose name a shell could take for a command.
const HOSTILE: &str = "$(touch${IFS}pwned)`touch pwned`";
const HOSTILE_UID: u32 = 61_001;

fn offer(value: impl ToString, description: &str) -> Offer {
    Offer { value: value.to_string(), description: description.to_owned() }
}

/// Checks a shell, which shows descriptions or not.
pub fn assert_completes_objects(offers: Offers, describes: bool) {
    require_users("the objects belong to several users");
    isolated(move || {
        add_users(&[(HOSTILE, HOSTILE_UID)]);
        let checker = Checker { offers, describes };
        checker.check_segments();
        checker.check_queues_and_sets();
        checker.check_names();
        checker.check_columns();
        checker.check_processes();
        checker.check_namespaces();
        checker.check_keys();
        checker.check_other_programs();
    });
}

struct Checker {
    offers: Offers,
    describes: bool,
}

impl Checker {
    fn offers(&self, line: &str) -> Vec<Offer> {
        (self.offers)(line, &programs())
    }

    fn all(&self, line: &str, expected: &[Offer]) {
        let mut expected = expected.to_vec();
        expected.sort();
        if !self.describes {
            expected.iter_mut().for_each(|offer| offer.description.clear());
        }
        assert_eq!(self.offers(line), expected, "after {line:?}");
    }

    fn check_segments(&self) {
        for line in ["ipcs -m -i ", "ipcrm -m ", "ipcrm shm ", "ipcrm -M "] {
            self.all(line, &[]);
        }
        let first = Shm::private(4 << 20, 0o600);
        let second = Shm::keyed(0xa1, 12 << 10, 0o600);
        let third = as_user(HOSTILE_UID, HOSTILE_UID, || Shm::keyed(0xa2, 100, 0o600));
        let attached = first.attach();
        let segments = [
            offer(first.id, "root, 4M, 1 attached"),
            offer(second.id, "root, 12K, 0 attached"),
            offer(third.id, &format!("{HOSTILE}, 100B, 0 attached")),
        ];
        for line in [
            "ipcs -m -i ",
            "ipcs -mi ",
            "ipcs --shmems --id ",
            "ipcs --shm -t -i ",
            "ipcrm -m ",
            "ipcrm -n -m ",
            "ipcrm --shmem-id ",
            "ipcrm shm ",
            "ipcrm -n shm ",
        ] {
            self.all(line, &segments);
        }
        // One kind has to be chosen.
        for line in ["ipcs -i ", "ipcs -mq -i ", "ipcs -a -m -i ", "ipcs -q -i ", "ipcrm sem "] {
            self.all(line, &[]);
        }
        // IDs that are named already are not offered again.
        let line = format!("ipcrm shm {} {} ", first.id, third.id);
        self.all(&line, &segments[1..2]);
        // Values that are joined to their option.
        let joined = |start: &str| {
            let add = |segment: &Offer| Offer {
                value: format!("{start}{}", segment.value),
                ..segment.clone()
            };
            segments.iter().map(add).collect::<Vec<_>>()
        };
        self.all("ipcs -m --id=", &joined("--id="));
        self.all("ipcrm --shmem-id=", &joined("--shmem-id="));
        let second = second.id.to_string();
        for start in ["-i", "-mi"] {
            let kind = if start == "-i" { "-m " } else { "" };
            let line = format!("ipcs {kind}{start}{second}");
            self.all(&line, &joined(start)[1..2]);
        }
        self.all(
            "ipcrm -M ",
            &[
                offer("0x000000a1", "root, 12K, 0 attached"),
                offer("0x000000a2", &segments[2].description),
            ],
        );
        // With a filter, operands are kinds.
        let kinds = ["msg", "pmsg", "psem", "pshm", "sem", "shm"].map(|kind| offer(kind, ""));
        self.all("ipcrm shm --owner root ", &kinds);
        self.all("ipcrm --orphaned shm ", &kinds);
        drop(attached);
    }

    fn check_names(&self) {
        drop(posix::shm("/psm_1", 5000, 0o600));
        drop(posix::queue("/jobs", 0o600));
        posix::semaphore("/lock", 1);
        let memory = [offer("psm_1", "root, 4.9K")];
        for line in
            ["ipcrm pshm ", "ipcrm -n pshm p", "ipcrm --posix-shmem ", "ipcs --posix --name p"]
        {
            self.all(line, &memory);
        }
        self.all("ipcrm pshm psm_1 ", &[]);
        self.all("ipcrm --posix-mqueue ", &[offer("/jobs", "root, 0 messages")]);
        self.all("ipcrm psem ", &[offer("lock", "root, value 1")]);
        self.all("ipcrm --posix-semaphore=", &[offer("--posix-semaphore=lock", "root, value 1")]);
    }

    fn check_queues_and_sets(&self) {
        let queue = Queue::keyed(0xb1, 0o600);
        queue.send(1000);
        let set = Sems::keyed(0xffff_0001, 17, 0o600);
        let queues = [offer(queue.id, "root, 1 message, 1000B")];
        let sets = [offer(set.id, "root, 17 semaphores")];
        for line in ["ipcs -q -i ", "ipcs -qi ", "ipcrm -q ", "ipcrm msg "] {
            self.all(line, &queues);
        }
        // The IDs of another kind do not matter, nor what is typed of the same ID.
        self.all(&format!("ipcrm -m {} -q ", queue.id), &queues);
        self.all(&format!("ipcrm -q {}", queue.id), &queues);
        self.all(&format!("ipcrm msg {}", queue.id), &queues);
        for line in ["ipcs -s -i ", "ipcs --sem -i ", "ipcrm -s ", "ipcrm sem "] {
            self.all(line, &sets);
        }
        self.all("ipcrm -Q ", &[offer("0x000000b1", "root, 1 message, 1000B")]);
        self.all("ipcrm -S ", &[offer("0xffff0001", "root, 17 semaphores")]);
        let words = [offer("none", "no key"), offer("any", "any key")];
        let keys = [offer("0xffff0001", "root, 17 semaphores")];
        self.all("ipcs -s --key ", &[&words[..], &keys].concat());
    }

    fn check_columns(&self) {
        let owner = offer("owner", "name of the owner, or its ID");
        let of = |start: &str| offer(format!("{start}owner"), &owner.description);
        self.all("ipcs -o own", &[of("")]);
        self.all("ipcs -o id,own", &[of("id,")]);
        self.all("ipcs -o +own", &[of("+")]);
        self.all("ipcs --sort size,own", &[of("size,")]);
        self.all("ipcs --sort=-own", &[of("--sort=-")]);
        self.all(
            "ipcs -o al",
            &[
                offer("alive", "whether each recorded process is alive"),
                offer("all", "every column"),
            ],
        );
        // Only columns of the chosen kinds, and of one object only with -i.
        let capacity = [offer("qbytes", "capacity of the queue in bytes")];
        for line in ["ipcs -o qby", "ipcs -q -o qby", "ipcs -mqo qby", "ipcs --que --sort qby"] {
            self.all(line, &capacity);
        }
        for line in ["ipcs -m -o qby", "ipcs -ms --sort qby", "ipcs -o nosuch"] {
            self.all(line, &[]);
        }
        let has_values = |line| self.offers(line).iter().any(|it| it.value == "semaphores");
        assert!(has_values("ipcs -s -i 0 -o semap"));
        assert!(!has_values("ipcs -s -o semap"));
    }

    /// Process IDs, once there is an option that takes one.
    fn check_processes(&self) {
        let command = (PROGRAMS[0].command)();
        if !command.get_arguments().any(|arg| arg.get_long() == Some("used-by")) {
            return;
        }
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("$(touch x)");
        fs::copy("/bin/sleep", &path).expect("copying a program");
        let mut child = Command::new(&path).arg("1000").spawn().expect("running it");
        let pid = child.id().to_string();
        let expected = [offer(&pid, "$(touch x)")];
        self.all(&format!("ipcs --used-by {pid}"), &expected);
        let listed = [offer(format!("1,{pid}"), "$(touch x)")];
        self.all(&format!("ipcrm -n --used-by 1,{pid}"), &listed);
        child.kill().and_then(|()| child.wait()).expect("ending it");
    }

    /// A namespace by its oldest process, or the file of one.
    fn check_namespaces(&self) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("$(touch x)");
        fs::copy("/bin/sleep", &path).expect("copying a program");
        let start = || Killed(Command::new(&path).arg("1000").spawn().expect("running it"));
        let children = another(|| [start(), start()]);
        let pid = children.iter().map(|child| child.0.id()).min().expect("a process");
        let described = |start: &str| offer(format!("{start}{pid}"), "$(touch x), 2 processes");
        for program in &PROGRAMS {
            let command = (program.command)();
            if !command.get_arguments().any(|arg| arg.get_long() == Some("namespace")) {
                continue;
            }
            let name = program.name;
            self.all(&format!("{name} --namespace {pid}"), &[described("")]);
            self.all(&format!("{name} --namespace={pid}"), &[described("--namespace=")]);
            let every = [offer("all", "every namespace")];
            let every = if name == "ipcmk" { &every[..0] } else { &every };
            self.all(&format!("{name} --namespace al"), every);
            let values = |line: &str| -> Vec<String> {
                self.offers(line).into_iter().map(|offer| offer.value).collect()
            };
            let file = format!("/proc/{pid}/ns/ipc");
            // zsh completes only the last part of a path.
            let offered = values(&format!("{name} --namespace /proc/{pid}/ns/ip"));
            let is_it =
                matches!(&offered[..], [one] if file.ends_with(one) && one.ends_with("ipc"));
            assert!(is_it, "{name}: {offered:?}");
            let both = values(&format!("{name} --namespace "));
            assert!(both.contains(&pid.to_string()), "{both:?}");
            assert!(!both.iter().any(|value| value.contains('/')), "{both:?}");
        }
    }

    /// Objects beyond the most candidates are found by the beginning of the value.
    fn check_keys(&self) {
        for key in 1..=1100 {
            Queue::keyed(0x5000_0000 + key, 0o600);
        }
        // zsh shows equal descriptions once for all, so only the values are compared.
        let offered = self.offers("ipcrm -Q 0x5000044");
        let offered: Vec<_> = offered.into_iter().map(|offer| offer.value).collect();
        let expected: Vec<_> = (0x440..=0x44c).map(|key| format!("0x5000{key:04x}")).collect();
        assert_eq!(offered, expected);
        let count = self.offers("ipcrm -Q ").len();
        assert_eq!(count, 1000, "candidates of more than a thousand");
    }

    /// The ipcs in PATH may be another program, or fail, or print anything.
    fn check_other_programs(&self) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("ipcs");
        let programs = format!("{}:{SYSTEM}", directory.path().display());
        let with = |script: &str, line: &str| {
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("writing a script");
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&path, executable).expect("making it executable");
            (self.offers)(line, &programs)
        };
        for line in ["ipcs -m -i ", "ipcs -o ", "ipcrm -m ", "ipcrm shm "] {
            assert_eq!((self.offers)(line, SYSTEM), [], "with util-linux' ipcs: {line:?}");
            let failing = with("echo 5; echo error >&2; exit 1", line);
            assert_eq!(failing, [], "with a failing ipcs: {line:?}");
            let hostile = with("printf '5$(touch pwned)`touch pwned`\\tx\\n'", line);
            assert_eq!(hostile.len(), 1, "{line:?}: {hostile:?}");
            assert_eq!(hostile[0].value, "5$(touch pwned)`touch pwned`", "{line:?}");
        }
        assert!(!file("pwned").exists(), "a shell expanded a candidate");
    }
}
