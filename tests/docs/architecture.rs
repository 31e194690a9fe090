//! ARCHITECTURE.md: the paths that it names exist, and modules import only those below them in its
//! table.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{file, read};

const PATH: &str = "ARCHITECTURE.md";

#[test]
fn named_paths_exist() {
    let text = read(PATH);
    let mut count = 0;
    for word in text.split('`').skip(1).step_by(2) {
        let is_path = word.contains('/')
            && !word.contains([' ', '*'])
            && !word.starts_with('/')
            && !word.contains("::");
        if !is_path {
            continue;
        }
        let (before, rest) = word.split_once('{').unwrap_or((word, ""));
        let (names, after) = rest.split_once('}').unwrap_or(("", rest));
        for name in names.split(',') {
            let path = format!("{before}{name}{after}");
            // Paths in the table of modules are relative to src.
            let exists = file(&path).exists() || file(&format!("src/{path}")).exists();
            assert!(exists, "{PATH} names {path}");
            count += 1;
        }
    }
    assert!(count > 20, "only {count} paths were found");
}

#[test]
fn modules_import_only_lower_ones() {
    let text = read(PATH);
    let table = text.split("| module | what it has | what it must not do |").nth(1);
    let modules: Vec<_> = table
        .expect("the table of modules")
        .lines()
        .skip_while(|line| !line.starts_with("| `"))
        .map_while(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let known = read("src/lib.rs");
    for name in known.lines().filter_map(|line| line.strip_prefix("pub mod ")) {
        let name = name.trim_end_matches(';');
        assert!(modules.contains(&name), "{name} is not in the table of {PATH}");
    }
    for (index, module) in modules.iter().enumerate() {
        let mut files = Vec::new();
        sources(&file("src").join(module), &mut files);
        files.extend(Some(file(&format!("src/{module}.rs"))).filter(|path| path.exists()));
        assert!(!files.is_empty(), "{module} has no source file");
        for path in files {
            let code = fs::read_to_string(&path).expect("a source");
            let used = modules_used(&code);
            for higher in &modules[..index] {
                let path = path.display();
                assert!(!used.contains(*higher), "{path} uses {higher}, which is above it");
            }
        }
    }
}

#[test]
fn rendering_and_command_lines_keep_to_themselves() {
    let lines_with = |directory: &str, what: &str| -> Vec<String> {
        let mut files = Vec::new();
        sources(&file("src").join(directory), &mut files);
        assert!(!files.is_empty(), "{directory} has no source");
        let of_file = |path: &std::path::PathBuf| -> Vec<String> {
            let code = fs::read_to_string(path).expect("a source");
            let code = code.split("#[cfg(test)]").next().unwrap_or_default();
            code.lines().filter(|line| line.contains(what)).map(str::to_owned).collect()
        };
        files.iter().flat_map(of_file).collect()
    };
    // The calendar is all that rendering has from the system.
    let mut kernel = lines_with("render", "crate::sys");
    kernel.retain(|line| !line.contains("crate::sys::clock"));
    assert_eq!(kernel, [""; 0]);
    assert_eq!(lines_with("render", "crate::proc::"), [""; 0]);
    assert_eq!(lines_with("cli", "crate::render"), [""; 0]);
}

/// What could panic on input is refused by lints of the whole library. A module may be exempt only if
/// it reads nothing from outside.
#[test]
fn only_rendering_is_exempt_from_the_lints_against_panics() {
    let lints = [
        "clippy::arithmetic_side_effects",
        "clippy::expect_used",
        "clippy::indexing_slicing",
        "clippy::panic",
        "clippy::string_slice",
        "clippy::unreachable",
        "clippy::unwrap_used",
    ];
    let library = read("src/lib.rs");
    let (_, denied) = library.split_once("deny(").expect("the denied lints");
    let (denied, _) = denied.split_once(')').expect("their end");
    for lint in lints {
        assert!(denied.contains(lint), "src/lib.rs does not deny {lint}");
    }
    let mut files = Vec::new();
    sources(&file("src"), &mut files);
    let names = |path: &std::path::PathBuf| {
        let code = fs::read_to_string(path).expect("a source");
        lints.iter().any(|lint| code.contains(lint))
    };
    files.retain(names);
    files.sort();
    assert_eq!(files, ["src/lib.rs", "src/render/mod.rs"].map(file));
}

/// The modules that a source imports with `crate::a` or `crate::{a, b::{c, d}, e as f}`.
fn modules_used(code: &str) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            used.insert(name_at(rest));
            continue;
        };
        let mut depth = 1;
        let mut begins = true;
        for (at, char) in group.char_indices() {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => begins = true,
                _ if begins && !char.is_whitespace() => {
                    used.insert(name_at(&group[at..]));
                    begins = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    used
}

/// Returns the identifier at the start of the text.
fn name_at(text: &str) -> &str {
    let end = text.find(|char: char| char != '_' && !char.is_alphanumeric());
    &text[..end.unwrap_or(text.len())]
}

#[test]
fn finds_every_form_of_import() {
    for (code, expected) in [
        ("use crate::sys;", &["sys"][..]),
        ("use crate::sys as calls;", &["sys"]),
        ("let x = crate::names::Names::new();", &["names"]),
        ("pub(crate) use crate::model::{Id, Key};", &["model"]),
        ("use crate::{collect, sys};", &["collect", "sys"]),
        (
            "use crate::{\n    app,\n    cli::{getopt, values::{self}},\n    sys as s,\n};\nuse a::{b};",
            &["app", "cli", "sys"],
        ),
    ] {
        assert_eq!(Vec::from_iter(modules_used(code)), expected, "{code}");
    }
}

fn sources(directory: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}
