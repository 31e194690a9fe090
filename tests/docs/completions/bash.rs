//! bash: clap_complete's function completes options, ours completes values.

use std::fmt::Write as _;

use clap_complete::aot::{Shell, generate};

use super::values::{self, Valued, Words};
use super::{assert_completes, replace};
use crate::docs::{PROGRAMS, Program, printed, write_temporary};

pub fn file_name(program: &Program) -> String {
    format!("{}.bash", program.name)
}

pub fn script(program: &Program) -> String {
    let name = program.name;
    let mut options = Vec::new();
    generate(Shell::Bash, &mut values::command_without_values(program), name, &mut options);
    let options = String::from_utf8(options).expect("a script in UTF-8");
    // Do not fall back to file names.
    let registration = format!("complete -F _{name} -o nosort -o bashdefault -o default {name}");
    let options =
        replace(&options, 1, &registration, &format!("complete -F __{name} -o nosort {name}"));
    let registration = format!("complete -F _{name} -o bashdefault -o default {name}");
    let options = replace(&options, 1, &registration, &format!("complete -F __{name} {name}"));
    let (function, registration) = options.split_once("\n}\n").expect("a function");
    format!("{function}\n}}\n{}{registration}", ours(program))
}

fn ours(program: &Program) -> String {
    let name = program.name;
    let options = values::options(program);
    let mut cases = String::new();
    let mut separate = Vec::new();
    for option in &options {
        if option.optional {
            separate.push(pattern(option));
        }
        if let Some(words) = words(&option.words) {
            let _ = writeln!(cases, "        {})\n{words}            ;;", pattern(option));
        }
    }
    let separate = match separate.is_empty() {
        true => String::new(),
        false => format!(
            "    else\n        # A value that may be left out is never a word of its own.\n        \
             case \"${{option}}\" in {}) option=\"\" ;; esac\n",
            separate.join(" | ")
        ),
    };
    format!(
        r#"
# The values of an option: its name is $1, what there is of its value $2.
__{name}_value() {{
    local before="" rest="$2" list="" signs="" each="" word
    local -a words=()
    case "$1" in
{cases}        *)
            return 1
            ;;
    esac
    if [[ -n "${{list}}" && "${{rest}}" == *,* ]]; then
        before="${{rest%,*}},"
        rest="${{rest##*,}}"
    fi
    if [[ -n "${{signs}}" && "${{rest}}" == [${{signs}}]* && ( -n "${{each}}" || -z "${{before}}" ) ]]; then
        before+="${{rest:0:1}}"
        rest="${{rest:1}}"
    fi
    COMPREPLY=()
    for word in "${{words[@]}}"; do
        if [[ "${{word}}" == "${{rest}}"* && ",${{before}}" != *[,+-]"${{word}}",* ]]; then
            COMPREPLY+=("${{before}}${{word}}")
        fi
    done
    if [[ -n "${{list}}" && "${{BASH_VERSINFO[0]}}" -ge 4 ]]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}}

__{name}() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" option="${{COMP_WORDS[COMP_CWORD-1]}}" glued=""
    # By its settings bash makes a word of the = in --option=value, or does not.
    if [[ "${{current}}" == "=" ]]; then
        current=""
    elif [[ "${{option}}" == "=" ]]; then
        option="${{COMP_WORDS[COMP_CWORD-2]}}"
    elif [[ "${{current}}" == --*=* ]]; then
        option="${{current%%=*}}"
        glued="${{option}}="
        current="${{current#*=}}"
    elif [[ "${{current}}" == -[!-]?* && "${{option}}" != --sort ]]; then
        option="${{current:0:2}}"
        glued="${{option}}"
        current="${{current:2}}"
{separate}    fi
    if __{name}_value "${{option}}" "${{current}}"; then
        COMPREPLY=("${{COMPREPLY[@]/#/${{glued}}}}")
        return 0
    fi
    _{name} "$@"
}}
"#
    )
}

/// The names of an option as a shell pattern.
fn pattern(option: &Valued) -> String {
    match option.short {
        Some(short) => format!("-{short} | --{}", option.long),
        None => format!("--{}", option.long),
    }
}

/// The shell code that sets the words of an option, if it has any.
fn words(words: &Words) -> Option<String> {
    let mut lines = vec![];
    match words {
        Words::Free => return None,
        Words::One(words) => lines.push(format!("words=({})", words.join(" "))),
        Words::Columns { signs, each, all } => {
            let names: Vec<_> = values::columns().map(|(name, _)| name).collect();
            let all = if *all { "all " } else { "" };
            lines.push(format!("words=({all}{})", names.join(" ")));
            lines.push(format!(
                "list=1 signs=\"{signs}\" each=\"{}\"",
                if *each { "1" } else { "" }
            ));
        }
        Words::Users => lines.push("list=1 words=($(compgen -u))".to_owned()),
        Words::Groups => lines.push("list=1 words=($(compgen -g))".to_owned()),
    }
    Some(lines.iter().map(|line| format!("            {line}\n")).collect())
}

fn written(program: &Program) -> (tempfile::TempDir, String) {
    write_temporary(&file_name(program), &script(program))
}

#[test]
fn bash_can_parse_the_scripts() {
    for program in &PROGRAMS {
        let (_directory, path) = written(program);
        printed("bash", ["-n", &path]);
    }
}

#[test]
fn bash_offers_completions() {
    assert_completes(offers);
    assert_eq!(offers("ipcrm -am"), ["-amsg"]);
    assert_eq!(offers("ipcs --sort -nat"), ["-nattch"]);
    assert_eq!(offers("ipcs --sort key,-nat"), ["key,-nattch"]);
}

/// Calls the function that the script registers, as bash does.
fn offers(line: &str) -> Vec<String> {
    let (_directory, path) = written(Program::of(line));
    // bash splits words at = too, and the = becomes a separate word.
    let spaced = line.replace('=', " = ");
    let mut words: Vec<_> = spaced.split_whitespace().collect();
    if line.ends_with(' ') {
        words.push("");
    }
    let at = words.len() - 1;
    let before = line.rfind('=').map(|at| line[..=at].rsplit(' ').next().expect("a word"));
    let script = r#"
        source "$1"
        COMP_CWORD=$2
        shift 2
        COMP_WORDS=("$@")
        registered=$(complete -p "$1")
        [[ $registered == *" -F "* ]] || exit 3
        function=${registered#* -F }
        "${function%% *}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let at = at.to_string();
    let mut args = vec!["-c", script, "bash", &path, &at];
    args.extend(&words);
    let mut offered: Vec<_> = printed("bash", args)
        .lines()
        .map(|word| match before {
            Some(before) => format!("{before}{word}"),
            None => word.to_owned(),
        })
        .collect();
    offered.sort();
    offered
}
