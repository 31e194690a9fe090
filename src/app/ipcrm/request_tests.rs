use std::ffi::OsString;

use super::CheckedLine;
use crate::cli::ipcrm::{Ipcrm, UTIL_LINUX_OPTIONS};
use crate::cli::parse_in_order;
use crate::model::{Id, Key, Kind};
use crate::removal::{NamedBy, Plan, Request, Selection, Step};

fn check(line: &str) -> Result<CheckedLine, String> {
    let argv = std::iter::once("ipcrm").chain(line.split(' ')).map(OsString::from).collect();
    parse_in_order::<Ipcrm>(&UTIL_LINUX_OPTIONS, argv)
        .and_then(|parsed| CheckedLine::check(&parsed))
        .map_err(|error| error.lines.join("\n"))
}

fn steps(line: &str) -> Vec<Step> {
    steps_of(check(line).unwrap().request)
}

fn steps_of(request: Request) -> Vec<Step> {
    match request {
        Request::Plan(Plan { steps }) => steps,
        Request::Selection(selection) => panic!("{selection:?}"),
    }
}

fn bad(line: &str, message: &str) {
    assert_eq!(check(line).unwrap_err(), message, "{line:?}");
}

fn id(kind: Kind, id: i32) -> Step {
    Step::Named(kind, NamedBy::Id(Id(id)))
}

fn key(kind: Kind, key: u32, typed: &str) -> Step {
    Step::Named(kind, NamedBy::Key(Key(key), typed.to_owned()))
}

#[test]
fn objects_go_in_the_order_of_the_command_line() {
    assert_eq!(
        steps("-m 3 -S 0x11 -q1 -m 2 -M 010 --semaphore-id=0x5 -Q -1"),
        [
            id(Kind::Shm, 3),
            key(Kind::Sem, 0x11, "0x11"),
            id(Kind::Msg, 1),
            id(Kind::Shm, 2),
            key(Kind::Shm, 8, "010"),
            id(Kind::Sem, 5),
            key(Kind::Msg, u32::MAX, "-1"),
        ]
    );
}

#[test]
fn all_comes_after_named_objects_and_the_last_one_wins() {
    let everything = [Step::All(Kind::Shm), Step::All(Kind::Sem), Step::All(Kind::Msg)];
    assert_eq!(steps("-a"), everything);
    assert_eq!(steps("-ashm --all"), everything);
    assert_eq!(steps("-a -asem -m 1"), [id(Kind::Shm, 1), Step::All(Kind::Sem)]);
    assert_eq!(steps("-a=msg"), [Step::All(Kind::Msg)]);
    assert_eq!(steps("--all=shm"), [Step::All(Kind::Shm)]);
}

#[test]
fn a_kind_of_all_must_be_known_and_glued() {
    bad("-afoo", "unknown argument: foo");
    bad("-aSHM", "unknown argument: SHM");
    bad("-av", "unknown argument: v");
    bad("--all=", "unknown argument: ");
    bad("--all=shm,msg", "unknown argument: shm,msg");
    bad("-afoo -ashm", "unknown argument: foo");
    bad("-a shm", "unknown argument: shm (to remove all objects of this kind: --all=shm)");
    bad("--all sem", "unknown argument: sem (to remove all objects of this kind: --all=sem)");
    bad("-a foo", "unknown argument: foo");
}

#[test]
fn a_kind_word_takes_ids_before_and_after_options() {
    for line in ["msg 5 7", "-v msg 5 7", "msg -v 5 7", "msg 5 7 -v", "msg -- 5 7"] {
        let CheckedLine { request, style } = check(line).unwrap();
        assert_eq!(steps_of(request), [id(Kind::Msg, 5), id(Kind::Msg, 7)], "{line:?}");
        assert_eq!(style.verbose, line.contains("-v"), "{line:?}");
        assert!(style.by_kind_word);
    }
}

#[test]
fn malformed_ids_of_a_kind_word_have_their_own_message() {
    bad("shm", "not enough arguments");
    bad("shm -v", "not enough arguments");
    bad("shm -5", "invalid id: -5");
    bad("shm -0", "invalid id: -0");
    bad("shm 1 -00 2", "invalid id: -00");
    bad("shm -- \t-0", "invalid id: \\x09-0");
    bad("shm -- -v", "invalid id: -v");
    bad("shm 1 abc 4294967296 sem", "invalid id: abc\ninvalid id: 4294967296\ninvalid id: sem");
    bad("shm ", "invalid id: ");
    bad("shm 0x10", "invalid id: 0x10");
}

#[test]
fn kind_words_and_options_that_name_objects_exclude_each_other() {
    bad(
        "shm 1 -m 2",
        "unknown argument: shm (a kind word cannot be used with -m, -M, -q, -Q, -s or -S)\nunknown argument: 1",
    );
}

#[test]
fn every_malformed_argument_gets_its_line_in_order() {
    bad(
        "-m 7 -S bad -m x -q 99999999999 -M 0x500001234 foo",
        "failed to parse argument: 'bad'\n\
         failed to parse argument: 'x'\n\
         failed to parse argument: '99999999999': Numerical result out of range\n\
         failed to parse argument: '0x500001234': Numerical result out of range\n\
         unknown argument: foo",
    );
    bad("foo bar", "unknown argument: foo\nunknown argument: bar");
    bad("-m ", "failed to parse argument: ''");
}

#[test]
fn asking_excludes_a_dry_run_and_json() {
    bad("-i -n -m 1", "--interactive cannot be used with --dry-run");
    bad("-i -J -m 1", "--interactive cannot be used with --json");
}

fn selection(line: &str) -> Selection {
    let CheckedLine { request, style } = check(line).unwrap();
    assert!(!style.by_kind_word, "{line:?}");
    match request {
        Request::Selection(selection) => selection,
        Request::Plan(plan) => panic!("{line:?}: {plan:?}"),
    }
}

#[test]
fn a_filter_takes_kinds_or_all() {
    use crate::model::Kinds;
    for (line, kinds) in [
        ("shm --unused", Kinds::SHM),
        ("--unused shm sem shm", Kinds::SHM.and(Kinds::SEM)),
        ("shm --unused msg", Kinds::SHM.and(Kinds::MSG)),
        ("-a --unused", Kinds::SYSTEM_V),
        ("--unused --all=sem", Kinds::SEM),
        ("-amsg --unu", Kinds::MSG),
    ] {
        let found = selection(line);
        assert_eq!(
            (found.kinds, found.force, found.filter.unused),
            (kinds, false, true),
            "{line:?}"
        );
    }
    assert!(selection("shm --force --key 5").force);
}

#[test]
fn a_filter_without_kinds_shows_both_forms() {
    bad(
        "--owner 0",
        "--owner needs a kind ('ipcrm shm|msg|sem --owner ...') or --all ('ipcrm --all --owner ...')",
    );
}

#[test]
fn a_filter_excludes_what_names_objects() {
    bad("shm 5 --unused", "unknown argument: 5 (--unused cannot be used with ids)");
    bad("--unused shm sem 0x5", "unknown argument: 0x5 (--unused cannot be used with ids)");
    bad("--idle 1h -m 5", "--idle cannot be used with -m, -M, -q, -Q, -s or -S");
    bad(
        "shm -a --key 1",
        "unknown argument: shm (a kind word cannot be used with --all; for one kind: --all=shm)",
    );
    bad("shm foo --unused", "unknown argument: foo");
    bad("-afoo --unused", "unknown argument: foo");
    bad("-a --older 5", "--older: '5' is not a duration such as 90s, 15min, 2h, 3d, 1w or 1h30m");
}

#[test]
fn force_is_for_filters() {
    let message = "--force needs a filter: named objects are always removed, even if in use";
    bad("-m 5 --force", message);
    bad("-a --force", message);
    bad("shm 5 --force", message);
    bad("-i -n -a --unused", "--interactive cannot be used with --dry-run");
}
