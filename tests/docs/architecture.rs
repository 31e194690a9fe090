//! ARCHITECTURE.md: the paths that it names exist, and imports point down its table of modules.

use std::fs;
use std::path::Path;

use super::{file, read};

const PATH: &str = "ARCHITECTURE.md";

#[test]
fn the_paths_exist() {
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
            // Within a table of modules the first directory goes without saying.
            let exists = file(&path).exists() || file(&format!("src/{path}")).exists();
            assert!(exists, "{PATH} names {path}");
            count += 1;
        }
    }
    assert!(count > 20, "only {count} paths were found");
}

#[test]
fn imports_point_down() {
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
        assert!(!files.is_empty(), "{module} has no source");
        for path in files {
            let code = fs::read_to_string(&path).expect("a source");
            for higher in &modules[..index] {
                for import in [format!("crate::{higher}::"), format!("crate::{higher};")] {
                    let line = code.lines().find(|line| line.contains(&import));
                    assert_eq!(line, None, "{} imports what is above it", path.display());
                }
            }
        }
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
