use super::*;
use crate::processes::SemOp;

#[test]
fn names_operations_and_the_last_column_may_be_cut() {
    let columns = &[("pid", 10), ("user", 10), ("waits", 10), ("state", 10), ("command", 0)];
    let cuts = ProcessTable::new("", columns).section().headings;
    let cuts: Vec<Cut> = cuts.iter().map(|heading| heading.cut).collect();
    assert_eq!(cuts, [Cut::Never, Cut::Always, Cut::Always, Cut::Never, Cut::Always]);
}

#[test]
fn a_line_shows_the_first_four_operations() {
    let line = |count: u16| {
        let ops = (0..count).map(|num| SemOp { num, sem_op: -1 }).collect();
        let wait = Wait::Semop { ops, timed: false };
        String::from_utf8(wait_text(&Waiter { pid: 1, tid: 1, wait, stopped: false })).unwrap()
    };
    assert_eq!(line(0), "?");
    assert_eq!(line(1), "0: -1");
    assert_eq!(line(4), "0: -1, 1: -1, 2: -1, 3: -1");
    assert_eq!(line(5), "0: -1, 1: -1, 2: -1, 3: -1, 1 more");
    assert_eq!(line(6), "0: -1, 1: -1, 2: -1, 3: -1, 2 more");
}

#[test]
fn consecutive_numbers_are_a_range() {
    let text = |numbers: &[u32]| String::from_utf8(ranges(numbers)).unwrap();
    assert_eq!(text(&[]), "");
    assert_eq!(text(&[3]), "3");
    assert_eq!(text(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
}
