//! zsh: clap_complete's script, with functions for comma lists and for what ipcs lists.

use clap_complete::aot::{Shell, generate};

use super::values::{self, Candidates, Valued, Words};
use super::{Offer, assert_completes, assert_completes_objects, programs, replace};
use crate::docs::{PROGRAMS, Program, printed, write_temporary};

pub fn file_name(program: &Program) -> String {
    format!("_{}", program.name)
}

/// The placeholder for values in clap_complete's script.
fn mark(option: &Valued) -> Option<String> {
    match option.words {
        Words::Candidates(candidates) => Some(format!("@{}", candidates.kind)),
        Words::Users => Some("@users".to_owned()),
        Words::Groups => Some("@groups".to_owned()),
        _ => None,
    }
}

pub fn script(program: &Program) -> String {
    let name = program.name;
    let mut script = Vec::new();
    generate(Shell::Zsh, &mut values::command(program, mark), name, &mut script);
    let mut script = String::from_utf8(script).expect("a script in UTF-8");
    let options = values::options(program);
    for option in options.iter().filter(|option| option.optional) {
        // An optional value must be joined to its option.
        script =
            replace(&script, 1, &format!("--{}=[", option.long), &format!("--{}=-[", option.long));
        if let Some(short) = option.short {
            script = replace(&script, 1, &format!("-{short}+["), &format!("-{short}-["));
        }
    }
    for (mark, action) in [
        ("(@users)", "_sequence _users".to_owned()),
        ("(@groups)", "_sequence _groups".to_owned()),
        ("(@operands)", format!("_{name}_operands")),
    ] {
        script = script.replace(mark, &action);
    }
    if program.name == "ipcrm" {
        // With two colons there would be no options after an operand.
        script = replace(&script, 1, "'*::operands", "'*:operands");
    }
    for candidates in options.iter().filter_map(Valued::candidates) {
        let mark = format!("(@{})", candidates.kind);
        script = script.replace(&mark, &action(name, candidates));
    }
    assert!(!script.contains("(@"), "a placeholder remains");
    if options.iter().any(|option| option.candidates().is_some()) {
        let end = format!("if [ \"$funcstack[1]\" = \"_{name}\" ]");
        script = replace(&script, 1, &end, &format!("{}{end}", functions(program)));
    }
    script
}

/// What completes a value: its kind of candidates, after a sign that may precede the value.
fn action(name: &str, candidates: Candidates) -> String {
    // After a blank, _arguments does not insert options before the kind.
    let before = if candidates.list { "_sequence" } else { "" };
    format!("{before} _{name}_candidates {}{}", candidates.signs, candidates.kind)
}

/// The functions that ask ipcs. `words` has what is typed, with its quotes.
const FUNCTIONS: &str = r#"# Sets the array candidates to what ipcs lists. $1 is what to list; words already typed follow.
(( $+functions[_@NAME@_ask] )) ||
_@NAME@_ask() {
    local lines
    lines=$(command ipcs --list-candidates "$1" -- "${@[2,-1]}" 2>/dev/null) || return 1
    [[ -n $lines ]] || return 1
    # A colon separates a candidate from its description.
    candidates=("${(@f)lines}")
    candidates=("${(@)candidates//\\/\\\\}")
    candidates=("${(@)candidates//:/\\:}")
    candidates=("${(@)candidates/$'\t'/:}")
}
# Offers candidates of the kind $1. A sign before the kind may precede a value.
(( $+functions[_@NAME@_candidates] )) ||
_@NAME@_candidates() {
    local kind=${1#[+-]} prefix=""
    local -a candidates
    [[ $1 == $kind ]] || compset -P "${1[1]}"
    shift
    if [[ $kind == *namespace && $PREFIX == [/.]* ]]; then
        _files
        return
    fi
    [[ $kind == *column ]] || prefix=$PREFIX
    _@NAME@_ask "$kind:$prefix"@TYPED@ || return 1
    _describe -t "$kind" "$kind" candidates "$@"
}
"#;

/// Operands of ipcrm: kinds, or the IDs that follow a kind.
const OPERANDS: &str = r#"# Offers IDs after a kind, otherwise kinds.
(( $+functions[_@NAME@_operands] )) ||
_@NAME@_operands() {
    local -a candidates
    local -a before=("${(@Q)words[2,CURRENT-1]}")
    local -i last=$before[(I)(@KINDS@)]
    # With a filter there are no IDs.
    if (( last && ! $before[(I)(@FILTERS@)*] )); then
        _@NAME@_ask "$before[last]:$PREFIX" "${(@)before[last+1,-1]}" || return 1
        _describe -t id ID candidates "$@"
    else
        candidates=(@KIND_WORDS@)
        _describe -t kind kind candidates "$@"
    fi
}
"#;

fn functions(program: &Program) -> String {
    let kinds = values::kinds();
    let operands = if program.name == "ipcrm" { OPERANDS } else { "" };
    format!("{FUNCTIONS}{operands}\n")
        .replace("@KINDS@", &kinds.join("|"))
        .replace("@KIND_WORDS@", &kinds.join(" "))
        .replace("@FILTERS@", &values::filters(program).join("|"))
        .replace("@TYPED@", if program.name == "ipcs" { " \"${(@Q)words[2,-1]}\"" } else { "" })
        .replace("@NAME@", program.name)
}

fn written(program: &Program) -> (tempfile::TempDir, String) {
    write_temporary(&file_name(program), &script(program))
}

#[test]
fn zsh_can_parse_the_scripts() {
    for program in &PROGRAMS {
        let (_directory, path) = written(program);
        printed("zsh", ["-f", "-n", &path]);
    }
}

#[test]
fn zsh_offers_completions() {
    assert_completes(offers);
    assert_eq!(values("ipcrm -am"), ["-amsg"]);
    assert_eq!(values("ipcs --sort -nat"), ["-nattch"]);
    assert_eq!(values("ipcs --sort key,-nat"), ["key,-nattch"]);
}

#[test]
fn zsh_offers_objects() {
    assert_completes_objects(offers, true);
}

fn values(line: &str) -> Vec<String> {
    offers(line, &programs()).into_iter().map(|offer| offer.value).collect()
}

/// Types the line and a tab into an interactive zsh whose `compadd` prints its arguments.
fn offers(line: &str, programs: &str) -> Vec<Offer> {
    let (directory, _) = written(Program::of(line));
    let typing = r#"
        zmodload zsh/zpty
        zpty shell zsh -f -i
        read_until() {
            local chunk text=""
            while zpty -r shell chunk; do
                text+=$chunk
                [[ $text == *"$1"* ]] && break
            done
            print -r -- $text
        }
        zpty -w shell "PS1=; PATH=$3; autoload -Uz compinit; compinit -u -d $4"
        # compinit would search all directories again if it knew this one.
        zpty -w shell "fpath=($1 \$fpath); autoload -Uz _$5; compdef _$5 $5"
        # With the options O, A and D compadd adds no candidates.
        zpty -w shell 'compadd() {
            local -a hits shown
            local at name="${@[$@[(i)-*d]+1]}"
            if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
                [[ -z $name ]] || shown=("${(@P)name}")
                builtin compadd -O hits -D shown "$@"
                for ((at = 1; at <= $#hits; at++)); do
                    print
                    print -r -- "OFFER:$IPREFIX$hits[at]"$'"'\t'"'"${${(M)shown[at]:#*-- *}#*-- }"
                done
            fi
            builtin compadd "$@"
        }'
        zpty -w shell 'tell() { zle complete-word; print; print EN""D }; zle -N tell; bindkey "^I" tell; echo REA""DY'
        read_until READY >/dev/null
        zpty -w -n shell "$2"$'\t'
        read_until END
        zpty -d shell
    "#;
    let program = Program::of(line);
    let first = script(program).lines().next().map(str::to_owned);
    assert_eq!(first, Some(format!("#compdef {}", program.name)), "what compinit reads");
    let dump = concat!(env!("CARGO_TARGET_TMPDIR"), "/zcompdump");
    let directory = directory.path().to_string_lossy();
    let arguments = [&*directory, line, programs, dump, program.name].map(str::to_owned);
    let text =
        printed("zsh", ["-f", "-c", typing, "zsh"].map(str::to_owned).into_iter().chain(arguments));
    let mut offered: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("OFFER:"))
        .map(|offer| {
            let (value, description) = offer.split_once('\t').unwrap_or((offer, ""));
            Offer { value: value.to_owned(), description: description.to_owned() }
        })
        .collect();
    offered.sort();
    offered.dedup();
    offered
}
