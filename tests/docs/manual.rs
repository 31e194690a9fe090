//! The manual pages: sections from clap_mangen, sections of prose, and generated tables.

use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use ipcs::columns::{COLUMNS, Column, Needs};
use ipcs::model::{Kind, Kinds};
use ipcs::render::groups::GROUP_COLUMNS;
use ipcs::render::metrics::METRICS;
use ipcs::render::namespaces::LIST_COLUMNS;

use super::differences::{self, Difference};
use super::markup::{blocks, definition, render};
use super::scene::{run as run_in_bash, scene};
use super::{PROGRAMS, Program, check, check_directory, printed, run, write_temporary};
use crate::support::namespace::{isolated, require_users};

/// The date of the last change of the prose.
const DATE: &str = "2026-11-28";

/// The prose of ipc-recipes(7).
pub const RECIPES: &str = include_str!("prose/recipes.md");

/// The names of the files in `man/`, and their text.
fn pages() -> Vec<(String, String)> {
    let programs = PROGRAMS.iter().map(|program| (format!("{}.1", program.name), page(program)));
    programs.chain([("ipc-recipes.7".to_owned(), recipes_page())]).collect()
}

/// Generates a manual page.
fn page(program: &Program) -> String {
    let man = Man::new((program.command)())
        .title(program.name.to_uppercase())
        .date(DATE)
        .source(format!("{} {}", program.name, env!("CARGO_PKG_VERSION")))
        .manual("User Commands");
    let mut text = Vec::new();
    let mut section = |render: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut part = Vec::new();
        render(&mut part).expect("writing to memory");
        let part = String::from_utf8(part).expect("roff in UTF-8");
        // Each part begins with the same preamble, which the page needs only once.
        let preamble = Roff::new().render();
        let body = part.strip_prefix(&preamble).expect("the preamble");
        text.extend_from_slice(if text.is_empty() { part.as_bytes() } else { body.as_bytes() });
    };
    section(&|out| man.render_title(out));
    section(&|out| man.render_name_section(out));
    section(&|out| man.render_synopsis_section(out));
    section(&|out| man.render_description_section(out));
    // The text before the first heading of the prose continues the description.
    let (description, sections) = program.prose.split_once("\n# ").expect("a heading");
    let sections = format!("# {sections}");
    let prose = |text: &str, out: &mut Vec<u8>| {
        let mut roff = Roff::new();
        render(&mut roff, text, &|name, into| generated(program, name, into));
        roff.to_writer(out)
    };
    section(&|out| prose(description, out));
    section(&|out| {
        let mut options = Vec::new();
        man.render_options_section(&mut options)?;
        let options = String::from_utf8(options).expect("roff in UTF-8");
        out.extend_from_slice(options_under_one_heading(program, &options).as_bytes());
        Ok(())
    });
    section(&|out| prose(&sections, out));
    String::from_utf8(text).expect("roff in UTF-8")
}

/// Generates the page of recipes, which belongs to no program.
fn recipes_page() -> String {
    let mut page = Roff::new();
    let source = format!("ipcs {}", env!("CARGO_PKG_VERSION"));
    page.control("TH", ["IPC\\-RECIPES", "7", DATE, &source, "Miscellaneous Information"]);
    page.control("SH", ["NAME"]);
    page.text([roman("ipc-recipes - Find and remove what programs left, by question")]);
    page.control("SH", ["DESCRIPTION"]);
    render(&mut page, RECIPES.trim_start(), &|name, _| {
        panic!("unknown name {name} in the recipes")
    });
    page.render()
}

/// clap_mangen makes a section for each group of options; this makes subsections of OPTIONS.
fn options_under_one_heading(program: &Program, text: &str) -> String {
    let mut headings: Vec<String> = Vec::new();
    let command = (program.command)();
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let heading = argument.get_help_heading();
        let heading = heading.unwrap_or_else(|| panic!("{} is in no group", argument.get_id()));
        if !headings.iter().any(|known| known == heading) {
            headings.push(heading.to_owned());
        }
    }
    let mut text = text.to_owned();
    for (index, heading) in headings.iter().enumerate() {
        let quoted = |text: &str| match text.contains(' ') {
            true => format!("\"{text}\""),
            false => text.to_owned(),
        };
        let section = format!("\n.SH {}\n", quoted(&heading.to_uppercase()));
        let group = format!("\n.SS {}\n", quoted(heading));
        let group = if index == 0 { format!("\n.SH OPTIONS{group}") } else { group };
        assert_eq!(text.matches(&section).count(), 1, "a section of {heading:?}");
        text = text.replace(&section, &group);
    }
    // An empty line in a help text begins a new paragraph.
    text.replace("\n\n", "\n.IP\n")
}

/// Writes the generated text for a `{{name}}` in the prose.
fn generated(program: &Program, name: &str, into: &mut Roff) {
    match name {
        "columns" => columns(into),
        "group-columns" => group_columns(into),
        "namespace-columns" => namespace_columns(into),
        "metrics" => metrics(into),
        "differences" => {
            for Difference { case, theirs, ours, .. } in differences::of(program.name) {
                definition(into, case, &format!("util-linux {theirs}. This program {ours}."));
            }
        }
        _ => panic!("unknown name {name} in the prose of {}", program.name),
    }
}

/// The columns in the order of the table, grouped by their kinds.
fn columns(into: &mut Roff) {
    let mut groups: Vec<Kinds> = Vec::new();
    for column in COLUMNS {
        if !groups.contains(&column.kinds) {
            groups.push(column.kinds);
        }
    }
    for kinds in groups {
        let nouns: Vec<_> = kinds.iter().map(plural).collect();
        let title = match kinds == Kinds::EVERYTHING {
            true => "Fields of every kind".to_owned(),
            false if kinds == Kinds::SYSTEM_V => "Fields of System V objects".to_owned(),
            false if kinds == Kinds::POSIX => "Fields of POSIX objects".to_owned(),
            false => format!("Fields of {}", in_a_sentence(&nouns)),
        };
        into.control("SS", [title.as_str()]);
        for column in COLUMNS.iter().filter(|column| column.kinds == kinds) {
            describe(into, column);
        }
    }
}

/// The columns of totals of groups.
fn group_columns(into: &mut Roff) {
    for column in GROUP_COLUMNS {
        definition(into, &format!("`{}`", column.name), column.help);
    }
}

fn in_a_sentence(nouns: &[&str]) -> String {
    match nouns.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The metrics of `--prometheus`, with the labels of each.
fn metrics(into: &mut Roff) {
    for metric in METRICS {
        let labels: Vec<String> =
            metric.labels().iter().map(|label| format!("`{label}`")).collect();
        let text = match labels.is_empty() {
            true => metric.help.to_owned(),
            false => format!("{} Labels: {}.", metric.help, labels.join(", ")),
        };
        definition(into, &format!("`{}`", metric.name), &text);
    }
}

/// The columns of the list of namespaces.
fn namespace_columns(into: &mut Roff) {
    for column in LIST_COLUMNS {
        definition(into, &format!("`{}`", column.name), column.help);
    }
}

fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::Shm => "shared memory segments",
        Kind::Msg => "message queues",
        Kind::Sem => "semaphore sets",
        Kind::Pshm => "POSIX shared memory",
        Kind::Pmsg => "POSIX queues",
        Kind::Psem => "POSIX semaphores",
    }
}

fn describe(into: &mut Roff, column: &Column) {
    let mut text = column.help.to_owned();
    if column.needs.has(Needs::PROCESSES) {
        text += " (with `-P` or by name)";
    }
    if !column.aliases.is_empty() {
        text += &format!("; also `{}`", column.aliases.join("`, `"));
    }
    definition(into, &format!("`{}`", column.name), &text);
}

#[test]
fn manual_pages_are_up_to_date() {
    for (name, page) in pages() {
        check(&format!("man/{name}"), &page);
    }
    check_directory("man", pages().into_iter().map(|(name, _)| name).collect());
}

/// A page as mandoc shows it on a terminal, without bold letters.
fn shown(page: &str) -> String {
    let (_directory, path) = write_temporary("page", page);
    let text = printed("mandoc", ["-T", "utf8", "-O", "width=80", &path]);
    // mandoc prints a bold letter as the letter, a backspace and the letter again.
    let mut plain = String::new();
    for char in text.chars() {
        if char == '\u{8}' {
            plain.pop();
        } else {
            plain.push(char);
        }
    }
    plain
}

#[test]
fn manual_pages_have_every_section() {
    for program in &PROGRAMS {
        let page = page(program);
        let sections: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
        let mut there = sections.iter();
        for expected in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "OUTPUT",
            "JSON",
            "\"EXIT STATUS\"",
            "FILES",
            "NOTES",
            "EXAMPLES",
            "\"SEE ALSO\"",
        ] {
            assert!(there.any(|name| *name == expected), "{expected} in {sections:?}");
        }
    }
}

#[test]
fn manual_pages_name_every_option_and_column() {
    for program in &PROGRAMS {
        let plain = shown(&page(program));
        for argument in (program.command)().get_arguments().filter(|arg| !arg.is_hide_set()) {
            if let Some(long) = argument.get_long() {
                assert!(plain.contains(&format!("--{long}")), "{}: --{long}", program.name);
                let values = argument.get_possible_values();
                for value in values.iter().filter(|_| argument.get_action().takes_values()) {
                    assert!(plain.contains(value.get_name()), "--{long} {}", value.get_name());
                }
            }
        }
        if program.name == "ipcs" {
            for column in COLUMNS {
                let mut words = plain.lines().filter_map(|line| line.split_whitespace().next());
                assert!(words.any(|word| word == column.name), "the column {}", column.name);
            }
        }
    }
}

#[test]
fn manual_pages_fit_a_terminal() {
    for (name, page) in pages() {
        let plain = shown(&page);
        let wide = plain.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{name}: wider than a terminal");
    }
}

/// Every page refers to the recipes, and the recipes to every program.
#[test]
fn manual_pages_refer_to_each_other() {
    for (name, page) in pages() {
        let (_, see_also) = page.split_once("\n.SH \"SEE ALSO\"\n").expect("the last section");
        for (other, _) in pages().iter().filter(|(other, _)| *other != name) {
            let (other, section) = other.rsplit_once('.').expect("NAME.SECTION");
            let reference = format!("\\fB{}\\fR({section})", other.replace('-', "\\-"));
            assert!(see_also.contains(&reference), "{name} does not refer to {reference}");
        }
    }
}

#[test]
fn mandoc_reports_no_warnings() {
    for (name, page) in pages() {
        let (_directory, path) = write_temporary(&name, &page);
        let output = run("mandoc", ["-T", "lint", "-W", "warning", &path]);
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && messages.is_empty(), "{name}: {messages}");
    }
}

/// Runs each block of commands on the scene. Its ids may be missing, but every command line must be
/// valid.
#[test]
fn examples_are_valid_command_lines() {
    require_users("the objects of the examples belong to several users");
    isolated(|| {
        let _held = scene();
        for program in &PROGRAMS {
            let examples = blocks(program.prose, "EXAMPLES");
            for commands in &examples {
                let printed = run_in_bash(commands);
                let errors = ["Try '", "error", "command not found", "failed"];
                let error = errors.iter().find(|error| printed.contains(**error));
                assert_eq!(error, None, "{}: {commands}\n{printed}", program.name);
            }
            let count = examples.len();
            assert!(count >= 3, "{} has only {count} examples", program.name);
        }
    });
}
