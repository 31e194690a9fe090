//! fish: clap_complete's script, with functions for comma lists.

use clap_complete::aot::{Shell, generate};

use super::values::{self, Valued, Words};
use super::{assert_completes, replace};
use crate::docs::{PROGRAMS, Program, printed, write_temporary};

pub fn file_name(program: &Program) -> String {
    format!("{}.fish", program.name)
}

/// The placeholder for a comma list in clap_complete's script.
fn mark(option: &Valued) -> Option<&'static str> {
    matches!(option.words, Words::Columns { .. } | Words::Users | Words::Groups).then_some("@list")
}

pub fn script(program: &Program) -> String {
    let name = program.name;
    let mut script = Vec::new();
    generate(Shell::Fish, &mut values::command(program, mark), name, &mut script);
    let mut script = String::from_utf8(script).expect("a script in UTF-8");
    let mut functions = String::new();
    for option in values::options(program) {
        if option.optional {
            // Without -r, fish offers the value only joined to the option.
            let head = format!(" -l {} ", option.long);
            let line = script.lines().find(|line| line.contains(&head)).expect("the option");
            let joined = replace(line, 1, " -r -f ", " -f ");
            script = script.replacen(&line.to_owned(), &joined, 1);
        }
        let Some(mark) = mark(&option) else { continue };
        let command = match &option.words {
            Words::Users => "__fish_complete_users".to_owned(),
            Words::Groups => "__fish_complete_groups".to_owned(),
            Words::Columns { all: true, .. } => {
                format!("begin; __fish_{name}_columns; printf 'all\\tevery column\\n'; end")
            }
            _ => format!("__fish_{name}_columns"),
        };
        let signs = match &option.words {
            Words::Columns { signs, each: true, .. } => format!("[{signs}]?"),
            Words::Columns { signs, .. } => format!("(?:^[{signs}])?"),
            _ => String::new(),
        };
        let short = option.short.map_or(String::new(), |short| format!("|-{short}"));
        let call = format!(
            "-a \"({command} | __fish_{name}_list '^(--{}={short})' '^(?:.*,)?{signs}')\"",
            option.long
        );
        let head = format!(" -l {} ", option.long);
        let line = script.lines().find(|line| line.contains(&head)).expect("the option").to_owned();
        let called = replace(&line, 1, &format!("-a \"{mark}\\t''\""), &call);
        script = replace(&script, 1, &line, &called);
        if functions.is_empty() {
            functions = list_function(name);
        }
        if matches!(option.words, Words::Columns { .. }) && !functions.contains("_columns") {
            functions += &columns_function(name);
        }
    }
    let operands = match name {
        "ipcrm" => format!("complete -c {name} -f -a \"{}\"\n", values::kinds().join(" ")),
        _ => format!("complete -c {name} -f\n"),
    };
    format!("{functions}{script}{operands}")
}

fn list_function(name: &str) -> String {
    format!(
        "# Candidates for the last part of a comma list. The first pattern is what of the word is\n\
         # the option's name, the second what of the rest stays before each candidate.\n\
         function __fish_{name}_list\n    \
             set -l typed (commandline -ct | string replace -r -- $argv[1] '')\n    \
             set -l before (string match -r -- $argv[2] $typed)\n    \
             while read -l line\n        \
                 printf '%s%s\\n' $before[1] $line\n    \
             end\n\
         end\n\n"
    )
}

fn columns_function(name: &str) -> String {
    let mut text = format!("function __fish_{name}_columns\n    printf '%s\\t%s\\n' \\\n");
    let columns: Vec<_> = values::columns()
        .map(|(name, help)| format!("        {name} '{}'", help.replace('\'', "\\'")))
        .collect();
    text += &columns.join(" \\\n");
    text + "\nend\n\n"
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

fn offers(line: &str) -> Vec<String> {
    let (_directory, path) = written(Program::of(line));
    let script =
        format!("complete -e {}; source '{path}'; complete -C '{line}'", Program::of(line).name);
    let mut offered: Vec<_> = printed("fish", ["--no-config", "-c", &script])
        .lines()
        .map(|line| line.split('\t').next().expect("a candidate").to_owned())
        .collect();
    offered.sort();
    offered
}
