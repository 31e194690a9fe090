//! One command answers each question of an administrator, on one screen of 80 columns and 24 lines.

use unicode_width::UnicodeWidthStr;

use super::terminal::screen;
use crate::support::actor::{Actor, until};
use crate::support::leftovers::two_left_of_each;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::{Attachment, Queue, Sems, Shm, as_user};

/// Users that every system has.
const USERS: [u32; 3] = [1, 2, 8];
/// `daemon`, `bin` and `mail` own nothing else here.
const BIG: usize = 700 << 20;

/// 40 segments, 20 queues (two nearly full) and 10 sets of three users. Two processes have locked
/// each other out; a third one waits.
struct Scene {
    _attachments: Vec<Attachment>,
    _actors: [Actor; 3],
    /// A process of each user, which may come back to its objects.
    _keepers: [Actor; 3],
    big: i32,
    full: [i32; 2],
    left: u32,
}

fn scene() -> Scene {
    require_root("the objects belong to several users");
    let keepers = USERS.map(Actor::of);
    let mut attachments = Vec::new();
    let mut queues = Vec::new();
    for number in 0..38_u32 {
        let user = USERS[number as usize % 3];
        let segment = as_user(user, user, || Shm::keyed(0x1000 + number, 4096, 0o666));
        if number % 4 == 0 {
            attachments.push(segment.attach());
        }
        if number < 18 {
            queues.push(as_user(user, user, || Queue::keyed(0x2000 + number, 0o666)));
        }
    }
    let big = as_user(USERS[1], USERS[1], || Shm::unreserved(BIG, 0o600));
    let left = two_left_of_each();
    queues[4].send(8000);
    queues[4].send(8000);
    queues[7].send(8000);
    queues[7].send(5500);
    let sets: Vec<_> = (0..8).map(|number| Sems::keyed(0x3000 + number, 2, 0o666)).collect();
    sets[5].operate(0, 1);
    sets[5].operate(1, 1);
    let mut actors = [Actor::start(), Actor::start(), Actor::start()];
    let set = sets[5];
    assert_eq!(actors[0].tell(&format!("semop {set} 0:-1")), "Ok(())");
    assert_eq!(actors[1].tell(&format!("semop {set} 1:-1")), "Ok(())");
    actors[0].say(&format!("semop {set} 1:-1"));
    actors[1].say(&format!("semop {set} 0:-1"));
    actors[2].say(&format!("semop {} 0:-1", sets[2]));
    until("all are blocked", || set.blocked(0) + set.blocked(1) + sets[2].blocked(0) == 3);
    let full = [queues[4].id, queues[7].id];
    Scene { _attachments: attachments, _actors: actors, _keepers: keepers, big: big.id, full, left }
}

/// The lines of a command, which fit one screen.
fn first_screen(args: &[&str]) -> Vec<String> {
    let lines = screen(80, args, &[]);
    let plain = screen(80, args, &[("NO_COLOR", "1")]);
    let height: usize = plain.iter().map(|line| line.width().div_ceil(80).max(1)).sum();
    // One more line has the prompt of the shell.
    assert!(height < 24, "{args:?}: {plain:#?}");
    lines
}

fn number_of(line: &str, column: usize) -> i32 {
    let word = line.split_whitespace().nth(column).expect("a column");
    word.parse().expect("a number")
}

#[test]
fn each_question_has_an_answer_on_one_screen() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let scene = scene();
        // Which queue is full?
        let lines = first_screen(&["-q", "--table", "--full", "80", "--sort", "-use"]);
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert_eq!([&lines[1], &lines[2]].map(|line| number_of(line, 1)), scene.full);
        assert!(lines[1].contains("\u{1b}[31m97.6%"), "{lines:#?}");
        assert!(lines[2].contains("\u{1b}[33m82.3%"), "{lines:#?}");
        let lines = first_screen(&["-q", "--table", "--sort", "-use", "--top", "5"]);
        assert_eq!(number_of(&lines[1], 1), scene.full[0]);
        // Who blocks whom?
        let lines = first_screen(&["-s", "-P", "--table", "--sort", "-waiting,id", "--top", "4"]);
        let deadlocks = lines.iter().filter(|line| line.contains("\u{1b}[31mdeadlock: "));
        assert_eq!(deadlocks.count(), 2, "{lines:#?}");
        // Who has the big segment?
        let lines = first_screen(&["-m", "-P", "--table", "--sort", "-size", "--top", "3"]);
        assert_eq!(number_of(&lines[1], 1), scene.big);
        assert!(lines[1].contains(" 700M ") && lines[1].contains(" bin "), "{lines:#?}");
        // What is left over?
        let lines = first_screen(&["--table", "--orphaned"]);
        let left = scene.left.to_string();
        let objects = lines.iter().filter(|line| line.starts_with("0x"));
        let objects: Vec<_> = objects.collect();
        assert!(objects.len() >= 4, "{lines:#?}");
        assert!(objects.iter().all(|line| line.contains(&left)), "{lines:#?}");
    });
}
