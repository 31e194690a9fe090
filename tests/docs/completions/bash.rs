//! bash: a script of our own. That of clap_complete knows neither clusters nor joined values.

use std::fmt::Write as _;

use super::values::{self, Valued, Words};
use super::{Offer, assert_completes, assert_completes_objects, programs};
use crate::docs::{PROGRAMS, Program, printed, write_temporary};

pub fn file_name(program: &Program) -> String {
    format!("{}.bash", program.name)
}

const SCRIPT: &str = r#"# Completions of @NAME@ for bash.

# Adds what ipcs lists to the array words of the caller. $1 is what to list; words already typed
# follow. A program that does not know the option prints nothing that is used.
__@NAME@_candidates() {
    local lines value
    lines=$(command ipcs --list-candidates "$1" -- "${@:2}" 2>/dev/null) || return 0
    while IFS=$'\t' read -r value _; do
        [[ -z "${value}" ]] || words+=("${value}")
    done <<<"${lines}"
}

# Offers values of the option $1. $2 is the beginning of the value.
__@NAME@_value() {
    local before="" rest="$2" ask="" many="" files="" list="" signs="" each="" word
    local -a words=()
    case "$1" in
@CASES@        *)
            return
            ;;
    esac
    if [[ -n "${list}" && "${rest}" == *,* ]]; then
        before="${rest%,*},"
        rest="${rest##*,}"
    fi
    if [[ -n "${signs}" && "${rest}" == [${signs}]* && ( -n "${each}" || -z "${before}" ) ]]; then
        before+="${rest:0:1}"
        rest="${rest:1}"
    fi
    if [[ -n "${files}" && "${rest}" == [/.]* ]]; then
        ask=file
        compopt -o filenames 2>/dev/null
    fi
    if [[ "${ask}" == @(user|group|file) ]]; then
        while read -r word; do
            words+=("${word}")
        done < <(compgen -A "${ask}" -- "${rest}")
    elif [[ -n "${ask}" ]]; then
        __@NAME@_candidates "${ask}:${many:+${rest}}"@TYPED@
    fi
    for word in "${words[@]}"; do
        if [[ "${word}" == "${rest}"* && ",${before}" != *[,+-]"${word}",* ]]; then
            COMPREPLY+=("${glued}${before}${word}")
        fi
    done
    if [[ -n "${list}" && "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

# Finds the first option with a value in the cluster $1. Sets option, and glued to the text before
# the value.
__@NAME@_cluster() {
    local at
    [[ "$1" == -[!-]* ]] || return 1
    for ((at = 1; at < ${#1}; at++)); do
        if [[ "${1:at:1}" == [@LETTERS@] ]]; then
            option="-${1:at:1}"
            glued="${1:0:at+1}"
            return 0
        fi
    done
    return 1
}

@OPERANDS@_@NAME@() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local option="" glued="" word
    local -a words=()
    COMPREPLY=()
    # Depending on its settings, bash makes a word of the = in --option=value.
    if [[ "${current}" == "=" ]]; then
        option="${previous}"
        current=""
    elif [[ "${previous}" == "=" ]]; then
        option="${COMP_WORDS[COMP_CWORD-2]}"
    elif [[ " @LONGS@ " == *" ${previous} "* ]]; then
        option="${previous}"
    elif __@NAME@_cluster "${previous}" && [[ "${glued}" == "${previous}" && "${option}" != "@OPTIONAL@" ]]; then
        glued=""
    elif [[ "${current}" == --*=* ]]; then
        option="${current%%=*}"
        glued="${option}="
        current="${current#*=}"
    else
        option="" glued=""
        __@NAME@_cluster "${current}" && current="${current#"${glued}"}"
    fi
    if [[ -n "${option}" ]]; then
        __@NAME@_value "${option}" "${current}"
        return
    fi
@WORDS@    for word in "${words[@]}"; do
        if [[ "${word}" == "${current}"* ]]; then
            COMPREPLY+=("${word}")
        fi
    done
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _@NAME@ -o nosort @NAME@
else
    complete -F _@NAME@ @NAME@
fi
"#;

/// Operands of ipcrm: kinds, or the IDs that follow a kind.
const OPERANDS: &str = r#"# Adds the operands to the array words of the caller: IDs after a kind, otherwise kinds.
__@NAME@_operands() {
    local word kind=""
    local -a named=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "${word}" in
            @KINDS@)
                kind="${word}"
                named=()
                ;;
            @FILTERS@)
                # With a filter there are no IDs.
                kind=""
                break
                ;;
            *)
                named+=("${word}")
                ;;
        esac
    done
    if [[ -n "${kind}" ]]; then
        __@NAME@_candidates "${kind}:${current}" "${named[@]}"
    else
        words+=(@KIND_WORDS@)
    fi
}

"#;

pub fn script(program: &Program) -> String {
    let options = values::options(program);
    let names = |separator: &str, names: &[String]| names.join(separator);
    let longs = options.iter().filter(|option| !option.optional);
    let longs: Vec<_> = longs.map(|option| format!("--{}", option.long)).collect();
    let letters: String = options.iter().filter_map(|option| option.short).collect();
    let optional = options.iter().find(|option| option.optional).and_then(|option| option.short);
    let has_operands = program.name == "ipcrm";
    let mut filters = values::filters(program);
    filters.iter_mut().for_each(|filter| filter.push('*'));
    let kinds: Vec<_> = values::kinds().into_iter().map(str::to_owned).collect();
    let option_names = names(" ", &values::option_names(program));
    let words = match has_operands {
        true => format!(
            "    if [[ \"${{current}}\" != -* ]]; then\n        __@NAME@_operands\n    fi\n    \
             if [[ \"${{current}}\" == -* || \"${{COMP_CWORD}}\" -eq 1 ]]; then\n        \
             words+=({option_names})\n    fi\n"
        ),
        false => format!("    words=({option_names})\n"),
    };
    let cases: String = options.iter().map(case).collect();
    SCRIPT
        .replace("@OPERANDS@", if has_operands { OPERANDS } else { "" })
        .replace("@CASES@", &cases)
        .replace("@WORDS@", &words)
        .replace("@LETTERS@", &letters)
        .replace("@LONGS@", &names(" ", &longs))
        .replace("@OPTIONAL@", &optional.map_or(String::new(), |short| format!("-{short}")))
        .replace("@KINDS@", &names(" | ", &kinds))
        .replace("@KIND_WORDS@", &names(" ", &kinds))
        .replace("@FILTERS@", &names(" | ", &filters))
        .replace("@TYPED@", if program.name == "ipcs" { " \"${COMP_WORDS[@]:1}\"" } else { "" })
        .replace("@NAME@", program.name)
}

/// The branch for an option: which words its values are.
fn case(option: &Valued) -> String {
    let mut case = match option.short {
        Some(short) => format!("        -{short} | --{})\n", option.long),
        None => format!("        --{})\n", option.long),
    };
    let line = match &option.words {
        Words::Free => String::new(),
        Words::File => "ask=file\n            compopt -o filenames 2>/dev/null".to_owned(),
        Words::One(words) => format!("words=({})", words.join(" ")),
        Words::Users => "ask=user list=1".to_owned(),
        Words::Groups => "ask=group list=1".to_owned(),
        Words::Candidates(candidates) => {
            let mut line = format!("ask={}", candidates.kind);
            line += if candidates.may_be_many() { " many=1" } else { "" };
            line += if candidates.may_be_file() { " files=1" } else { "" };
            line += if candidates.list { " list=1" } else { "" };
            if !candidates.signs.is_empty() {
                let _ = write!(line, " signs=\"{}\"", candidates.signs);
            }
            line + if candidates.each { " each=1" } else { "" }
        }
    };
    if !line.is_empty() {
        let _ = writeln!(case, "            {line}");
    }
    case + "            ;;\n"
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
    assert_eq!(values("ipcrm -am"), ["-amsg"]);
    assert_eq!(values("ipcs --sort -nat"), ["-nattch"]);
    assert_eq!(values("ipcs --sort key,-nat"), ["key,-nattch"]);
}

#[test]
fn bash_offers_objects() {
    assert_completes_objects(offers, false);
}

fn values(line: &str) -> Vec<String> {
    offers(line, &programs()).into_iter().map(|offer| offer.value).collect()
}

/// Calls the function that the script registers, as bash does. bash shows no descriptions.
fn offers(line: &str, programs: &str) -> Vec<Offer> {
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
        PATH=$1
        source "$2"
        COMP_CWORD=$3
        shift 3
        COMP_WORDS=("$@")
        registered=$(complete -p "$1")
        [[ $registered == *" -F "* ]] || exit 3
        function=${registered#* -F }
        "${function%% *}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        [[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let at = at.to_string();
    let mut args = vec!["-c", script, "bash", programs, &path, &at];
    args.extend(&words);
    let mut offered: Vec<_> = printed("bash", args)
        .lines()
        .map(|word| Offer {
            value: format!("{}{word}", before.unwrap_or_default()),
            description: String::new(),
        })
        .collect();
    offered.sort();
    offered
}
