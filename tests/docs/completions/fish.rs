//! fish: clap_complete's script, with functions for comma lists and for what ipcs lists.

use clap_complete::aot::{Shell, generate};

use super::values::{self, Candidates, Valued, Words};
use super::{Offer, assert_completes, assert_completes_objects, replace};
use crate::docs::{PROGRAMS, Program, printed, write_temporary};

pub fn file_name(program: &Program) -> String {
    format!("{}.fish", program.name)
}

/// The placeholder for values in clap_complete's script.
fn mark(option: &Valued) -> Option<String> {
    let is_known = matches!(option.words, Words::Candidates(_) | Words::Users | Words::Groups);
    is_known.then(|| "@values".to_owned())
}

pub fn script(program: &Program) -> String {
    let name = program.name;
    let mut script = Vec::new();
    generate(Shell::Fish, &mut values::command(program, mark), name, &mut script);
    let mut script = String::from_utf8(script).expect("a script in UTF-8");
    for option in values::options(program) {
        let head = format!(" -l {} ", option.long);
        let line = script.lines().find(|line| line.contains(&head)).expect("the option").to_owned();
        let mut changed = line.clone();
        if option.optional {
            // Without -r, fish offers the value only joined to the option.
            changed = replace(&changed, 1, " -r -f", " -f");
        }
        if let Some(call) = call(name, &option) {
            changed = replace(&changed, 1, "-a \"@values\\t''\"", &format!("-a \"({call})\""));
        }
        script = replace(&script, 1, &line, &changed);
    }
    let operands = match name {
        "ipcrm" => format!("complete -c {name} -f -a \"(__fish_{name}_operands)\"\n"),
        _ => format!("complete -c {name} -f\n"),
    };
    format!("{}{script}{operands}", functions(program))
}

/// The command that prints the values of an option, one on a line.
fn call(name: &str, option: &Valued) -> Option<String> {
    let command = match option.words {
        Words::Users => "__fish_complete_users".to_owned(),
        Words::Groups => "__fish_complete_groups".to_owned(),
        Words::Candidates(candidates) => {
            let prefix = if candidates.may_be_many() { "(__fish_@NAME@_prefix)" } else { "" };
            let words = if name == "ipcs" { " (commandline -op)[2..-1]" } else { "" };
            let function = if candidates.may_be_file() { "namespaces" } else { "candidates" };
            let prefix = if candidates.may_be_file() { "" } else { prefix };
            format!("__fish_@NAME@_{function} {}:{prefix}{words}", candidates.kind)
        }
        _ => return None,
    };
    let command = command.replace("@NAME@", name);
    let signs = match option.words {
        Words::Candidates(Candidates { list: false, .. }) => return Some(command),
        Words::Candidates(Candidates { signs, each: true, .. }) => format!("[{signs}]?"),
        Words::Candidates(Candidates { signs, .. }) if !signs.is_empty() => {
            format!("(?:^[{signs}])?")
        }
        _ => String::new(),
    };
    let short = option.short.map_or(String::new(), |short| format!("|-[^-]*{short}"));
    let list = format!("__fish_{name}_list '^(--{}={short})' '^(?:.*,)?{signs}'", option.long);
    Some(format!("{command} | {list}"))
}

const LIST: &str = r#"# Candidates for the last part of a comma list. The first pattern is what of the word is
# the option's name, the second what of the rest stays before each candidate.
function __fish_@NAME@_list
    set -l typed (commandline -ct | string replace -r -- $argv[1] '')
    set -l before (string match -r -- $argv[2] $typed)
    while read -l line
        printf '%s%s\n' $before[1] $line
    end
end

"#;

const CANDIDATES: &str = r#"# Prints what ipcs lists. The first argument is what to list; words already typed follow. A program
# that does not know the option prints nothing that is used.
function __fish_@NAME@_candidates
    set -l lines (command ipcs --list-candidates $argv[1] -- $argv[2..-1] 2>/dev/null)
    or return
    for line in $lines
        printf '%s\n' $line
    end
end

# The number at the end of the current word.
function __fish_@NAME@_prefix
    string match -r -- '[0-9a-fx]*$' (commandline -ct)
end

"#;

const NAMESPACES: &str = r#"# The same for namespaces, or the names of files if the current word is a path.
function __fish_@NAME@_namespaces
    set -l typed (commandline -ct | string replace -r -- '^--[a-z]*=' '')
    if string match -qr -- '^[/.]' $typed
        __fish_complete_path $typed
    else
        __fish_@NAME@_candidates $argv[1]$typed $argv[2..-1]
    end
end

"#;

/// Operands of ipcrm: kinds, or the IDs that follow a kind.
const OPERANDS: &str = r#"# Prints IDs after a kind, otherwise kinds.
function __fish_@NAME@_operands
    set -l kind
    set -l named
    for word in (commandline -opc)[2..-1]
        switch $word
            case @KINDS@
                set kind $word
                set named
            case @FILTERS@
                # With a filter there are no IDs.
                set kind
                break
            case '*'
                set -a named $word
        end
    end
    if set -q kind[1]
        __fish_@NAME@_candidates $kind:(__fish_@NAME@_prefix) $named
    else
        printf '%s\n' @KINDS@
    end
end

"#;

/// The functions that the script needs.
fn functions(program: &Program) -> String {
    let options = values::options(program);
    let has = |is: fn(&Words) -> bool| options.iter().any(|option| is(&option.words));
    let asks = has(|words| matches!(words, Words::Candidates(_)));
    let filters = values::filters(program);
    let filters: Vec<_> = filters.iter().map(|filter| format!("'{filter}*'")).collect();
    let list = if asks || has(|words| *words == Words::Users) { LIST } else { "" };
    let asks = if asks { CANDIDATES } else { "" };
    let is_file = |words: &Words| matches!(words, Words::Candidates(it) if it.may_be_file());
    let namespaces = if has(is_file) { NAMESPACES } else { "" };
    let operands = if program.name == "ipcrm" { OPERANDS } else { "" };
    format!("{list}{asks}{namespaces}{operands}")
        .replace("@KINDS@", &values::kinds().join(" "))
        .replace("@FILTERS@", &filters.join(" "))
        .replace("@NAME@", program.name)
}

fn written(program: &Program) -> (tempfile::TempDir, String) {
    write_temporary(&file_name(program), &script(program))
}

#[test]
fn fish_can_parse_the_scripts() {
    for program in &PROGRAMS {
        let (_directory, path) = written(program);
        printed("fish", ["--no-config", "-n", &path]);
    }
}

#[test]
fn fish_offers_completions() {
    assert_completes(offers);
}

#[test]
fn fish_offers_objects() {
    assert_completes_objects(offers, true);
}

fn offers(line: &str, programs: &str) -> Vec<Offer> {
    let (_directory, path) = written(Program::of(line));
    let program = Program::of(line).name;
    let script = format!(
        "set -x PATH (string split : '{programs}'); complete -e {program}; source '{path}'; \
         complete -C '{line}'"
    );
    let mut offered: Vec<_> = printed("fish", ["--no-config", "-c", &script])
        .lines()
        .map(|offer| {
            let (value, description) = offer.split_once('\t').unwrap_or((offer, ""));
            Offer { value: value.to_owned(), description: description.to_owned() }
        })
        .collect();
    offered.sort();
    offered
}
