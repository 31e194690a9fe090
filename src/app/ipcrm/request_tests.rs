use std::ffi::OsString;

use super::CheckedLine;
use crate::cli::ipcrm::{Ipcrm, NAMING_OPTIONS, UTIL_LINUX_OPTIONS};
use crate::cli::parse_in_order;
use crate::model::{Id, Key, Kind, NameError, PosixName};
use crate::removal::{NamedBy, Plan, Request, Selection, Step};

fn check(line: &str) -> Result<CheckedLine, String> {
    let argv = std::iter::once("ipcrm").chain(line.split(' ')).map(OsString::from).collect();
    parse_in_order::<Ipcrm>(&UTIL_LINUX_OPTIONS, &NAMING_OPTIONS, argv)
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
        let CheckedLine { request, style, .. } = check(line).unwrap();
        assert_eq!(steps_of(request), [id(Kind::Msg, 5), id(Kind::Msg, 7)], "{line:?}");
        assert_eq!(style.verbose, line.contains("-v"), "{line:?}");
        assert!(style.by_kind_word);
    }
}

fn word(kind: Kind, word: &str) -> Step {
    Step::Named(kind, NamedBy::Word(word.to_owned()))
}

#[test]
fn words_after_a_kind_word_do_not_spoil_the_ids_beside_them() {
    let shm = |words: &[&str]| -> Vec<Step> {
        words
            .iter()
            .map(|text| match text.parse() {
                Ok(number) if !text.starts_with('-') => id(Kind::Shm, number),
                _ => word(Kind::Shm, text),
            })
            .collect()
    };
    for (line, expected) in [
        ("shm 1 shmid 2", &["1", "shmid", "2"][..]),
        ("shm -5", &["-5"]),
        ("shm -0", &["-0"]),
        ("shm 1 -00 2", &["1", "-00", "2"]),
        ("shm -- \t-0", &["\\x09-0"]),
        ("shm -- -v", &["-v"]),
        ("shm 1 abc 4294967296", &["1", "abc", "4294967296"]),
        ("shm ", &[""]),
        ("shm 0x10 5", &["0x10", "5"]),
        ("shm -n x 5", &["x", "5"]),
        ("shm x -v 5 -n", &["x", "5"]),
    ] {
        let CheckedLine { request, style, rest, .. } = check(line).unwrap();
        assert_eq!(steps_of(request), shm(expected), "{line:?}");
        assert_eq!((style.by_kind_word, rest), (true, None), "{line:?}");
        assert_eq!(style.dry_run, line.contains("-n"), "{line:?}");
    }
}

#[test]
fn beside_our_options_a_word_after_a_kind_word_is_an_error() {
    bad("shm", "not enough arguments");
    bad("shm -v", "not enough arguments");
    for option in ["--json", "-J", "--ignore-missing", "-i", "--interactive"] {
        bad(&format!("shm {option} 1 abc 2"), "invalid id: abc");
        bad(&format!("shm 1 -5 {option}"), "invalid id: -5");
    }
    bad(
        "shm 1 abc --unused",
        "unknown argument: 1 (--unused cannot be used with ids)\nunknown argument: abc",
    );
}

#[test]
fn a_second_kind_word_is_an_error_with_the_form_that_works() {
    bad("sem 3 shm 4", "unknown argument: shm (for several kinds: ipcrm -s 3 -m 4)");
    bad(
        "shm 1 x msg 2 sem 3 4",
        "unknown argument: msg (for several kinds: ipcrm -m 1 -q 2 -s 3 -s 4)\ninvalid id: x",
    );
    bad("-n sem 3 sem 4", "unknown argument: sem (for several IDs: ipcrm sem 3 4)");
    bad(
        "shm msg",
        "unknown argument: msg (kinds without IDs need a filter, as in: ipcrm shm msg --unused)",
    );
}

#[test]
fn kind_words_and_options_that_name_objects_exclude_each_other() {
    let reason = "a kind word cannot be used with options that name an object";
    bad("shm 1 -m 2", &format!("unknown argument: shm ({reason})\nunknown argument: 1"));
    bad("-m 2 1 shm", &format!("unknown argument: 1 ({reason})\nunknown argument: shm"));
    bad(
        "shm 1 -m",
        &format!(
            "unknown argument: shm ({reason})\nunknown argument: 1\noption requires an argument -- 'm'"
        ),
    );
}

/// The steps of a line, and what is wrong with it besides.
fn steps_and_rest(line: &str) -> (Vec<Step>, String) {
    let CheckedLine { request, style, rest, .. } = check(line).unwrap();
    assert!(!style.by_kind_word, "{line:?}");
    (steps_of(request), rest.map(|rest| rest.lines.join("\n")).unwrap_or_default())
}

#[test]
fn the_last_option_may_lack_its_value() {
    let three = || vec![id(Kind::Shm, 3)];
    for (line, expected) in [
        ("-m 3 -m", "option requires an argument -- 'm'"),
        ("-m3 -vm", "option requires an argument -- 'm'"),
        ("-m 3 -n -Q", "option requires an argument -- 'Q'"),
        ("-m 3 --shmem-k", "option '--shmem-key' requires an argument"),
        ("--shmem-id=3 --semaphore-id", "option '--semaphore-id' requires an argument"),
        ("-m 3 x -m", "unknown argument: x\noption requires an argument -- 'm'"),
    ] {
        assert_eq!(steps_and_rest(line), (three(), expected.to_owned()), "{line:?}");
    }
    // The next word is the value, whatever it looks like.
    bad("-m 3 -m -n", "failed to parse argument: '-n'");
    bad("-m 3 -m --dry-run", "failed to parse argument: '--dry-run'");
    bad("-m 3 -m -h", "failed to parse argument: '-h'");
    bad("-m 3 -m --", "failed to parse argument: '--'");
    bad("-m 3 --shmem-id=", "failed to parse argument: ''");
}

#[test]
fn a_missing_value_removes_nothing_beside_all_filters_and_our_options() {
    let missing = "option requires an argument -- 'm'";
    for line in
        ["-m", "-v -m", "-a -m", "-m 3 -a -m", "-m 3 -J -m", "-m 3 --ignore-missing -m", "-m 3 -im"]
    {
        bad(line, missing);
    }
    bad("-m 3 -m x -m", &format!("failed to parse argument: 'x'\n{missing}"));
    bad(
        "-a --unused -m",
        &format!("--unused cannot be used with options that name an object\n{missing}"),
    );
    // The value of a filter may never be missing.
    bad("-m 3 --owner", "option '--owner' requires an argument");
    bad("-m 3 --idle", "option '--idle' requires an argument");
}

#[test]
fn operands_left_over_do_not_spoil_what_options_name() {
    let three = || vec![id(Kind::Shm, 3)];
    for (line, expected) in [
        ("-m 3 4", "unknown argument: 4 (for several IDs: ipcrm shm 3 4)"),
        (
            "-n -m3 4 5",
            "unknown argument: 4 (for several IDs: ipcrm shm 3 4 5)\nunknown argument: 5",
        ),
        ("4 -m 3", "unknown argument: 4 (for several IDs: ipcrm shm 3 4)"),
        ("-m 3 x 4", "unknown argument: x\nunknown argument: 4"),
        ("-m 3 ", "unknown argument: "),
    ] {
        assert_eq!(steps_and_rest(line), (three(), expected.to_owned()), "{line:?}");
    }
    let (_, rest) = steps_and_rest("-Q 0x11 -Q 0x12 0x13");
    assert_eq!(rest, "unknown argument: 0x13 (for several keys: ipcrm -Q 0x11 -Q 0x12 -Q 0x13)");
    for line in ["-m 3 -q 4 5", "-m 3 -M 4 5", "-M 3 -m 4 5"] {
        assert_eq!(steps_and_rest(line).1, "unknown argument: 5", "{line:?}");
    }
    let (_, rest) = steps_and_rest("-s 0 1 2 3 4 5 6 7 8");
    assert!(
        rest.starts_with("unknown argument: 1 (for several IDs: ipcrm sem 0 1 2 3 4 5 6 7 ...)")
    );
}

#[test]
fn operands_left_over_remove_nothing_beside_all_filters_and_our_options() {
    for line in ["-a 4", "-m 3 -a 4", "-am 4"] {
        assert!(check(line).is_err(), "{line:?}");
    }
    for option in ["--json", "-i", "--ignore-missing"] {
        bad(&format!("-m 3 4 {option}"), "unknown argument: 4 (for several IDs: ipcrm shm 3 4)");
    }
    // Perhaps an option was meant.
    bad("-m 3 -5", "unknown argument: -5");
    bad("-m 3 -- -n", "unknown argument: -n");
    bad("-m 3 - n", "unknown argument: -\nunknown argument: n");
}

#[test]
fn an_id_without_a_kind_shows_what_to_type() {
    bad("5", "unknown argument: 5 (an ID needs its kind: ipcrm shm 5, ipcrm msg 5 or ipcrm sem 5)");
    bad("0x5", "unknown argument: 0x5 (for a key: ipcrm -M 0x5, ipcrm -Q 0x5 or ipcrm -S 0x5)");
    bad(
        "shmem 5",
        "unknown argument: shmem (the kinds are shm, msg, sem, pshm, pmsg and psem)\nunknown argument: 5",
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
    bad(
        "foo bar",
        "unknown argument: foo (the kinds are shm, msg, sem, pshm, pmsg and psem)\nunknown argument: bar",
    );
    bad("-m ", "failed to parse argument: ''");
}

#[test]
fn asking_excludes_a_dry_run_and_json() {
    bad("-i -n -m 1", "--interactive cannot be used with --dry-run");
    bad("-i -J -m 1", "--interactive cannot be used with --json");
}

fn selection(line: &str) -> Selection {
    let CheckedLine { request, style, .. } = check(line).unwrap();
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
    bad("--idle 1h -m 5", "--idle cannot be used with options that name an object");
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

fn name(kind: Kind, typed: &str) -> Step {
    let name = PosixName::parse(kind, typed.as_bytes()).unwrap();
    Step::Named(kind, NamedBy::Name(name, typed.to_owned()))
}

#[test]
fn posix_objects_are_named_in_the_order_of_the_command_line() {
    assert_eq!(
        steps("--posix-semaphore a -m 3 --posix-shmem=/b --posix-mqueue c --posix-shmem d"),
        [
            name(Kind::Psem, "a"),
            id(Kind::Shm, 3),
            name(Kind::Pshm, "/b"),
            name(Kind::Pmsg, "c"),
            name(Kind::Pshm, "d"),
        ]
    );
    assert_eq!(steps("--posix-sh a"), [name(Kind::Pshm, "a")]);
    assert_eq!(steps("-apsem"), [Step::All(Kind::Psem)]);
    assert_eq!(steps("pmsg -v /a 5 -- -b"), ["/a", "5", "-b"].map(|typed| name(Kind::Pmsg, typed)));
}

#[test]
fn a_name_that_no_object_can_have_does_not_spoil_the_others() {
    let none =
        |error, typed: &str| Step::Named(Kind::Pshm, NamedBy::NoName(error, typed.to_owned()));
    let expected =
        [none(NameError::Slash, "a/b"), name(Kind::Pshm, "c"), none(NameError::Dots, "..")];
    assert_eq!(steps("pshm a/b c .."), expected);
    assert_eq!(steps("--posix-shmem a/b --posix-shmem c --json --posix-shmem .."), expected);
    assert_eq!(steps("pshm "), [none(NameError::Empty, "")]);
}

#[test]
fn names_that_are_kind_words_need_a_slash() {
    bad(
        "pshm a psem b",
        "unknown argument: psem (for several kinds: ipcrm --posix-shmem a --posix-semaphore b; \
         for the name psem: /psem)",
    );
    bad(
        "shm 3 pmsg /b",
        "unknown argument: pmsg (for several kinds: ipcrm -m 3 --posix-mqueue /b)",
    );
    bad(
        "pshm a pshm b",
        "unknown argument: pshm (for several names: ipcrm pshm a b; for the name pshm: /pshm)",
    );
    assert_eq!(steps("pshm /psem"), [name(Kind::Pshm, "/psem")]);
}

#[test]
fn wrong_uses_of_names_show_the_right_one() {
    bad(
        "/a",
        "unknown argument: /a (a name needs its kind: ipcrm pshm /a, ipcrm pmsg /a or ipcrm psem \
         /a)",
    );
    let CheckedLine { request, rest, .. } = check("--posix-shmem a b c").unwrap();
    assert_eq!(steps_of(request), [name(Kind::Pshm, "a")]);
    let hint = "unknown argument: b (for several names: ipcrm pshm a b c)";
    assert_eq!(rest.unwrap().lines, [hint, "unknown argument: c"]);
    bad("pshm a --owner root", "unknown argument: a (--owner cannot be used with names)");
}
