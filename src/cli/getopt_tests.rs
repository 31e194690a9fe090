use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::{CommandFactory, Parser};
use proptest::prelude::*;

use super::{normalise, recognised};
use crate::cli::parse;

/// Options like those of the three programs.
#[derive(Parser, Clone, Debug, Default, PartialEq, Eq)]
#[command(
    name = "probe",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
struct Probe {
    #[arg(short = 'm', long)]
    shmems: bool,
    #[arg(short, long)]
    queues: bool,
    #[arg(short, long)]
    semaphores: bool,
    #[arg(short = 'u', long)]
    summary: bool,
    #[arg(short, long)]
    time: bool,
    #[arg(short, long)]
    id: Option<OsString>,
    #[arg(short = 'S', long)]
    key: Vec<OsString>,
    #[arg(short, long, num_args = 0..=1, require_equals = true)]
    all: Vec<OsString>,
    /// Not in util-linux; starts like one of its options.
    #[arg(long)]
    timings: bool,
    #[arg(long)]
    owner: Option<OsString>,
    #[arg(long)]
    older: Option<OsString>,
    /// Has no long name.
    #[arg(short = 'h')]
    short_help: bool,
    #[arg(long)]
    help: bool,
    #[arg(long, hide = true)]
    secret: Option<OsString>,
    #[arg(short = 'V', long)]
    version: bool,
    #[arg(allow_negative_numbers = true)]
    operands: Vec<OsString>,
}

const OLD: [&str; 9] =
    ["shmems", "queues", "semaphores", "summary", "time", "id", "all", "help", "version"];

fn argv(words: &[&str]) -> Vec<OsString> {
    std::iter::once("probe").chain(words.iter().copied()).map(OsString::from).collect()
}

fn read(words: &[&str]) -> Result<String, String> {
    match normalise(&Probe::command(), &OLD, argv(words)) {
        Ok(words) => {
            let words: Vec<_> = words[1..].iter().map(|w| w.to_string_lossy()).collect();
            Ok(words.join(" "))
        }
        Err(error) => Err(error.lines.join("\n")),
    }
}

fn good(words: &[&str], canonical: &str) {
    assert_eq!(read(words), Ok(canonical.to_owned()), "{words:?}");
}

fn bad(words: &[&str], message: &str) {
    assert_eq!(read(words), Err(message.to_owned()), "{words:?}");
}

fn probe(words: &[&str]) -> Probe {
    parse::<Probe>(&OLD, argv(words)).unwrap()
}

#[test]
fn short_options_may_be_clustered() {
    good(&["-mt"], "--shmems --time");
    good(&["-mi5"], "--shmems --id=5");
    good(&["-mi", "5"], "--shmems --id=5");
}

#[test]
fn values_are_joined_or_the_next_word() {
    good(&["-i5"], "--id=5");
    good(&["-i=5"], "--id==5");
    good(&["-i", "-m"], "--id=-m");
    good(&["-i", "--"], "--id=--");
    good(&["-i", ""], "--id=");
    good(&["--id", "-5"], "--id=-5");
    good(&["--id="], "--id=");
    good(&["--id=a=b"], "--id=a=b");
}

#[test]
fn clap_returns_values_as_typed() {
    let probe = probe(&["-i=5", "-S", "--", "-S", "", "-Sa", "--key=", "--key==b"]);
    assert_eq!(probe.id, Some("=5".into()));
    assert_eq!(probe.key, ["--", "", "a", "", "=b"]);
}

#[test]
fn options_may_be_repeated_and_the_last_value_wins() {
    let probe = probe(&["-m", "-m", "-i1", "-i2", "-tt"]);
    assert!(probe.shmems && probe.time);
    assert_eq!(probe.id, Some("2".into()));
}

#[test]
fn options_and_operands_may_be_mixed() {
    good(&["a", "-m", "b", "-i", "5", "-", "c"], "--shmems --id=5 -- a b - c");
    assert_eq!(probe(&["a", "-m", "-5"]).operands, ["a", "-5"]);
}

#[test]
fn two_dashes_end_the_options() {
    good(&["-m", "--", "-t", "--", "x"], "--shmems -- -t -- x");
    good(&["-m", "--"], "--shmems");
    assert_eq!(probe(&["-m", "--", "-t", "--", "--help"]).operands, ["-t", "--", "--help"]);
}

#[test]
fn negative_numbers_are_operands_if_allowed() {
    good(&["-5", "-m"], "--shmems -- -5");
    let plain = clap::Command::new("plain").arg(clap::Arg::new("m").short('m').long("mode"));
    let error = normalise(&plain, &[], argv(&["-5"])).unwrap_err();
    assert_eq!(error.lines, ["invalid option -- '5'"]);
}

#[test]
fn long_names_may_be_abbreviated() {
    good(&["--que"], "--queues");
    good(&["--i", "5"], "--id=5");
    good(&["--i=5"], "--id=5");
    good(&["--ow=me"], "--owner=me");
}

#[test]
fn exact_names_win_and_util_linux_options_come_first() {
    good(&["--time"], "--time");
    good(&["--tim"], "--time");
    good(&["--timi"], "--timings");
    bad(&["--o", "x"], "option '--o' is ambiguous; possibilities: '--owner' '--older'");
    bad(
        &["--s"],
        "option '--s' is ambiguous; possibilities: '--shmems' '--semaphores' '--summary'",
    );
    bad(
        &["--s=1"],
        "option '--s=1' is ambiguous; possibilities: '--shmems' '--semaphores' '--summary'",
    );
}

#[test]
fn hidden_options_have_to_be_written_in_full() {
    good(&["--secret", "a"], "--secret=a");
    good(&["--secret=a"], "--secret=a");
    bad(&["--secre", "a"], "unrecognized option '--secre'");
}

#[test]
fn an_unfinished_command_line_has_options_and_mistakes() {
    let options = |words: &[&str]| {
        let words = words.iter().map(OsString::from).collect();
        let options = recognised(&Probe::command(), &OLD, words);
        options.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(options(&["-mi"]), ["--shmems"]);
    assert_eq!(options(&["-mi", ""]), ["--shmems", "--id="]);
    assert_eq!(options(&["--nosuch", "--que", "-zm", "-s"]), ["--queues", "--semaphores"]);
    // The value of an option is not an option.
    assert_eq!(options(&["--owner", "-m", "x", "-q"]), ["--owner=-m", "--queues"]);
    assert_eq!(options(&["-q", "--", "-m"]), ["--queues"]);
}

#[test]
fn optional_values_must_be_joined() {
    good(&["-a"], "--all");
    good(&["-a", "shm"], "--all -- shm");
    good(&["--all", "shm"], "--all -- shm");
    good(&["-ashm"], "--all=shm");
    good(&["-a=shm"], "--all=shm");
    good(&["-a=="], "--all==");
    good(&["--all=shm"], "--all=shm");
    good(&["-av"], "--all=v");
    good(&["--all="], "--all=");
    assert_eq!(probe(&["--all=", "-ashm"]).all, ["", "shm"]);
    assert_eq!(probe(&["--all", "shm"]).operands, ["shm"]);
}

#[test]
fn help_and_version_stop_parsing() {
    good(&["-m", "-h", "--nosuch", "x"], "--shmems -h");
    assert!(probe(&["-mht", "x"]).short_help);
    good(&["x", "-mVt", "-i"], "--shmems --version");
    good(&["--he", "-z"], "--help");
    bad(&["--nosuch", "-h"], "unrecognized option '--nosuch'");
}

#[test]
fn errors_match_getopt_messages() {
    bad(&["-mzt"], "invalid option -- 'z'");
    bad(&["-m-"], "invalid option -- '-'");
    bad(&["-é"], "invalid option -- 'é'");
    bad(&["-i"], "option requires an argument -- 'i'");
    bad(&["--id"], "option '--id' requires an argument");
    bad(&["--i"], "option '--id' requires an argument");
    bad(&["--nosuch=5"], "unrecognized option '--nosuch=5'");
    bad(&["--sh=1"], "option '--shmems' doesn't allow an argument");
    bad(&["--help=1"], "option '--help' doesn't allow an argument");
    // An empty name is a prefix of every name.
    assert!(read(&["--=x"]).unwrap_err().starts_with("option '--=x' is ambiguous"));
}

#[test]
fn non_utf8_arguments_are_passed_on_or_escaped() {
    let bytes = |b: &[u8]| OsString::from_vec(b.to_vec());
    let cmd = Probe::command();
    let words = vec!["probe".into(), bytes(b"-i\xff"), bytes(b"\xfe")];
    let words = normalise(&cmd, &OLD, words).unwrap();
    assert_eq!(words[1..], [bytes(b"--id=\xff"), "--".into(), bytes(b"\xfe")]);
    let error = normalise(&cmd, &OLD, vec!["probe".into(), bytes(b"-m\xff")]).unwrap_err();
    assert_eq!(error.lines, ["invalid option -- '\\xff'"]);
    let error = normalise(&cmd, &OLD, vec!["probe".into(), bytes(b"--a\xff")]).unwrap_err();
    assert_eq!(error.lines, ["unrecognized option '--a\\xff'"]);
}

#[test]
fn an_empty_argv_stays_empty() {
    assert_eq!(normalise(&Probe::command(), &OLD, vec![]), Ok(vec![]));
}

fn word() -> impl Strategy<Value = OsString> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "-", "--", "=", "a", "m", "i", "h", "x", "S", "all", "id", "key", "s", "5", "é", ""
        ])
        .prop_map(|s| s.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..3),
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|v| OsString::from_vec(v.concat()))
}

proptest! {
    #[test]
    fn never_panics_and_clap_accepts_the_canonical_form(
        words in proptest::collection::vec(word(), 0..7)
    ) {
        let argv: Vec<_> = std::iter::once(OsString::from("probe")).chain(words).collect();
        if let Ok(canonical) = normalise(&Probe::command(), &OLD, argv) {
            // Converting the canonical form again changes nothing.
            let again = normalise(&Probe::command(), &OLD, canonical.clone());
            prop_assert_eq!(again.as_ref(), Ok(&canonical));
            prop_assert!(parse::<Probe>(&OLD, canonical).is_ok());
        }
    }
}

#[test]
fn an_unknown_long_option_names_the_nearest() {
    let error = |word: &str| read(&[word]).unwrap_err();
    assert_eq!(
        error("--semaphors"),
        "unrecognized option '--semaphors'; did you mean '--semaphores'?"
    );
    assert_eq!(error("--qeues=5"), "unrecognized option '--qeues=5'; did you mean '--queues'?");
    assert_eq!(error("--xyzzyfoo"), "unrecognized option '--xyzzyfoo'");
    // The words of an option's values, too.
    let error = |word: &str| {
        let argv = ["ipcs", word].map(Into::into).to_vec();
        parse::<crate::cli::ipcs::IpcsArgs>(&[], argv).unwrap_err().to_string()
    };
    for (typed, option) in [
        ("--csv", "--format csv"),
        ("--raw", "--format raw"),
        ("--export", "--format export"),
        ("--jsonl", "--format jsonl"),
        ("--classic", "--format classic"),
        ("--tsv", "--format csv"),
        ("--jsn", "--json"),
        ("--tabel", "--table"),
        ("--colour", "--color"),
    ] {
        let expected = format!("unrecognized option '{typed}'; did you mean '{option}'?");
        assert_eq!(error(typed), expected);
    }
}

#[test]
fn an_option_is_found_in_an_invalid_command_line() {
    let has = |words: &[&str]| {
        let argv: Vec<OsString> = [&["ipcs"], words].concat().iter().map(OsString::from).collect();
        super::has_option::<crate::cli::ipcs::IpcsArgs>(
            crate::cli::ipcs::UTIL_LINUX_OPTIONS,
            "check",
            &argv,
        )
    };
    for words in [
        &["--check"][..],
        &["--check=1"],
        &["--ch=80,95", "-m"],
        &["--nonsense", "--che"],
        &["-mXq", "x", "--check", "--owner"],
        &["-i", "--", "--check"],
        &["--color=nonsense", "--check"],
    ] {
        assert!(has(words), "{words:?}");
    }
    for words in [
        &[][..],
        &["-m", "--c"],
        &["--checks"],
        &["--", "--check"],
        &["--owner", "--check"],
        &["-o", "--check"],
        &["--help", "--check"],
        &["check"],
    ] {
        assert!(!has(words), "{words:?}");
    }
}
