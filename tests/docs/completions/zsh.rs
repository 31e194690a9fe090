//! zsh: clap_complete's script, with functions for comma lists.

use clap_complete::aot::{Shell, generate};

use super::values::{self, Valued, Words};
use super::{assert_completes, replace};
use crate::docs::{PROGRAMS, Program, printed, write_temporary};

pub fn file_name(program: &Program) -> String {
    format!("_{}", program.name)
}

/// The placeholder for a comma list in clap_complete's script.
fn mark(option: &Valued) -> Option<&'static str> {
    match option.words {
        Words::Columns { each: true, .. } => Some("@signed"),
        Words::Columns { .. } => Some("@columns"),
        Words::Users => Some("@users"),
        Words::Groups => Some("@groups"),
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
        ("(@columns)", format!("_sequence _{name}_added_columns")),
        ("(@signed)", format!("_sequence _{name}_signed_columns")),
    ] {
        script = script.replace(mark, &action);
    }
    assert!(!script.contains('@') || script.contains("[@]"), "a placeholder remains");
    if options.iter().any(|option| matches!(option.words, Words::Columns { .. })) {
        let end = format!("if [ \"$funcstack[1]\" = \"_{name}\" ]");
        script = replace(&script, 1, &end, &format!("{}{end}", columns_functions(name)));
    }
    script
}

fn columns_functions(name: &str) -> String {
    let quoted = |text: &str| text.replace('\'', "'\\''").replace(':', "\\:");
    let columns: String = values::columns()
        .map(|(name, help)| format!("        '{name}:{}'\n", quoted(help)))
        .collect();
    format!(
        "(( $+functions[_{name}_columns] )) ||\n\
         _{name}_columns() {{\n    \
             local -a columns=(\n{columns}    )\n    \
             if [[ $1 == all ]]; then\n        \
                 columns+=('all:every column')\n        \
                 shift\n    \
             fi\n    \
             _describe -t columns column columns \"$@\"\n\
         }}\n\
         (( $+functions[_{name}_added_columns] )) ||\n\
         _{name}_added_columns() {{\n    \
             compset -P '+'\n    \
             _{name}_columns all \"$@\"\n\
         }}\n\
         (( $+functions[_{name}_signed_columns] )) ||\n\
         _{name}_signed_columns() {{\n    \
             compset -P '-'\n    \
             _{name}_columns \"$@\"\n\
         }}\n\n"
    )
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
    assert_eq!(offers("ipcrm -am"), ["-amsg"]);
    assert_eq!(offers("ipcs --sort -nat"), ["-nattch"]);
    assert_eq!(offers("ipcs --sort key,-nat"), ["key,-nattch"]);
}

/// Types the line and a tab into an interactive zsh whose `compadd` prints its arguments.
fn offers(line: &str) -> Vec<String> {
    let (directory, _) = written(Program::of(line));
    let script = r#"
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
        zpty -w shell "PS1=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -D -u"
        # With the options O, A and D compadd adds no candidates.
        zpty -w shell 'compadd() {
            local -a hits
            local hit
            if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
                builtin compadd -O hits "$@"
                for hit in $hits; do
                    print
                    print -r -- "OFFER:$IPREFIX$hit"
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
    let text =
        printed("zsh", ["-f", "-c", script, "zsh", &directory.path().to_string_lossy(), line]);
    let mut offered: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("OFFER:").map(str::to_owned))
        .collect();
    offered.sort();
    offered.dedup();
    offered
}
