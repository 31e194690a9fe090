//! Which source files import which others: no files import each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::file;

/// Files by name, each with those that it imports.
type Graph = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_files_import_each_other_in_a_circle() {
    let graph = imports(&file("src"));
    assert!(graph.len() > 50, "only {} files were found", graph.len());
    let edges: usize = graph.values().map(BTreeSet::len).sum();
    assert!(edges > 200, "only {edges} imports were found");
    assert_eq!(circle(&graph), None);
}

#[test]
fn a_circle_is_found_and_a_diamond_is_none() {
    let graph = |edges: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    };
    assert_eq!(circle(&graph(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])), None);
    let found = circle(&graph(&[("x", "a"), ("a", "b"), ("b", "c"), ("c", "a")]));
    assert_eq!(found.as_deref(), Some("a -> b -> c -> a"));
}

#[test]
fn imports_are_resolved_through_parents_and_re_exports() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, code: &str| {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, code).expect("a file");
    };
    write("lib.rs", "pub mod a;\npub mod b;\n");
    write("b.rs", "use crate::a::{self, One, two::{Three, four}};\nfn f(_: super::a::Five) {}\n");
    let code =
        "mod one;\npub mod two;\npub use one::One;\npub struct Five;\nfn g() { two::four() }\n";
    write("a/mod.rs", code);
    write("a/one.rs", "use super::Five;\n");
    write("a/two.rs", "#[cfg(test)]\nmod tests {\n    use crate::b;\n}\n");
    let graph = imports(directory.path());
    let of = |name: &str| Vec::from_iter(graph[name].iter().map(String::as_str));
    assert_eq!(of("b.rs"), ["a/mod.rs", "a/one.rs", "a/two.rs"]);
    assert_eq!(of("a/mod.rs"), ["a/two.rs"]);
    assert_eq!(of("a/one.rs"), ["a/mod.rs"]);
    assert_eq!(of("a/two.rs"), [""; 0]);
}

/// The shortest circle that the first file of one is in, in words.
fn circle(graph: &Graph) -> Option<String> {
    for start in graph.keys() {
        let mut from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([start.as_str()]);
        while let Some(node) = queue.pop_front() {
            for next in graph.get(node).into_iter().flatten() {
                if next == start {
                    let mut path = vec![start.as_str(), node];
                    while let Some(before) = from.get(path[path.len() - 1]) {
                        path.push(before);
                    }
                    path.dedup();
                    path.reverse();
                    return Some(path.join(" -> "));
                }
                if !from.contains_key(next.as_str()) {
                    from.insert(next, node);
                    queue.push_back(next);
                }
            }
        }
    }
    None
}

/// A module: where it is, what it says without its tests, and the names that it passes on.
struct Module {
    file: String,
    code: String,
    re_exports: BTreeMap<String, Vec<String>>,
}

fn imports(root: &Path) -> Graph {
    let modules = modules(root);
    let mut graph = Graph::new();
    for (path, module) in &modules {
        let children = modules.keys().filter_map(|other| match other.split_last() {
            Some((name, parent)) if parent == path.as_slice() => Some(name.as_str()),
            _ => None,
        });
        let used = used_paths(&module.code, path, &children.collect::<Vec<_>>());
        let files = used.iter().filter_map(|used| defining_file(&modules, used));
        let others = files.filter(|other| *other != module.file).collect();
        graph.insert(module.file.clone(), others);
    }
    graph
}

/// All modules below a directory, by their paths without `crate`.
fn modules(root: &Path) -> BTreeMap<Vec<String>, Module> {
    let mut files = Vec::new();
    sources(root, &mut files);
    files
        .into_iter()
        .filter(|path| !path.ends_with("lib.rs") && !path.to_string_lossy().contains("_tests.rs"))
        .filter(|path| !path.starts_with(root.join("bin")))
        .map(|path| {
            let relative = path.strip_prefix(root).expect("below the root");
            let name = relative.to_string_lossy().into_owned();
            let module = name.trim_end_matches(".rs").trim_end_matches("/mod");
            let path_of_module: Vec<String> = module.split('/').map(str::to_owned).collect();
            let code = fs::read_to_string(&path).expect("a source");
            let code = code.split("#[cfg(test)]").next().unwrap_or_default();
            let re_exports = re_exports(code, &path_of_module);
            // What is passed on is not used.
            let is_kept = |statement: &&str| !statement.trim_start().starts_with("pub use");
            let code = code.split(';').filter(is_kept).collect::<Vec<_>>().join(";");
            (path_of_module, Module { file: name, code, re_exports })
        })
        .collect()
}

fn sources(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The names that `pub use` passes on, with the full paths that they come from.
fn re_exports(code: &str, module: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::new();
    for statement in code.split(';') {
        let Some(at) = statement.find("pub use ") else { continue };
        for path in expand(&statement[at + "pub use ".len()..]) {
            if let Some(absolute) = absolute(&path, module) {
                names.insert(absolute.last().cloned().unwrap_or_default(), absolute);
            }
        }
    }
    names
}

/// The paths that some code names, in full. A module names its `children` without a root.
fn used_paths(code: &str, module: &[String], children: &[&str]) -> BTreeSet<Vec<String>> {
    let mut used = BTreeSet::new();
    for root in ["crate", "super", "self"].iter().chain(children) {
        for (at, _) in code.match_indices(&format!("{root}::")) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|char| char.is_alphanumeric() || "_:$".contains(char)) {
                continue;
            }
            used.extend(expand(&code[at..]).iter().filter_map(|path| absolute(path, module)));
        }
    }
    used
}

/// The paths of one import: `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
fn expand(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start();
    let end = text.find(|char: char| char != '_' && !char.is_alphanumeric());
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    if let Some(group) = text.strip_prefix('{') {
        return parts(group).into_iter().flat_map(expand).collect();
    }
    match rest.strip_prefix("::") {
        Some(rest) => expand(rest)
            .into_iter()
            .map(|tail| std::iter::once(name.to_owned()).chain(tail).collect())
            .collect(),
        None => vec![vec![if text.starts_with('*') { "*".to_owned() } else { name.to_owned() }]],
    }
}

/// The parts of a group, up to its closing brace.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            '}' if depth == 0 => {
                parts.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// A path from the crate's root; `None` for one of another crate.
fn absolute(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let mut base = module.to_vec();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => (base, rest) = (Vec::new(), &rest[1..]),
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|first| first == "super") {
                base.pop();
                rest = &rest[1..];
            }
        }
        _ => {}
    }
    base.extend(rest.iter().filter(|name| *name != "self").cloned());
    Some(base)
}

/// The file that defines what a path names, however it is passed on.
fn defining_file(modules: &BTreeMap<Vec<String>, Module>, path: &[String]) -> Option<String> {
    let length = (1..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let module = &modules[&path[..length]];
    let name = path.get(length);
    let passed_on =
        name.and_then(|name| module.re_exports.get(name).or(module.re_exports.get("*")));
    match passed_on {
        Some(target) if target != path => defining_file(modules, target),
        _ => Some(module.file.clone()),
    }
}
