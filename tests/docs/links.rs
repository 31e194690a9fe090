//! The links between the Markdown files of the project lead somewhere.

use std::fs;
use std::path::Path;

use super::{file, read};

/// The Markdown files for readers.
fn documents() -> Vec<String> {
    let mut paths = Vec::new();
    for directory in ["", "docs/", "contrib/", "benches/"] {
        let entries = fs::read_dir(file(directory)).expect("a directory");
        for entry in entries {
            let name = entry.expect("an entry").file_name().into_string().expect("in UTF-8");
            if name.ends_with(".md") {
                paths.push(format!("{directory}{name}"));
            }
        }
    }
    paths
}

/// The anchor that GitHub gives to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut count = 0;
    for path in documents() {
        let text = read(&path);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (target, heading) = link.split_once('#').unwrap_or((link, ""));
            let directory = Path::new(&path).parent().expect("a directory");
            let target =
                if target.is_empty() { file(&path) } else { file("").join(directory).join(target) };
            assert!(target.exists(), "{path} links to {link}, which does not exist");
            if !heading.is_empty() {
                let text = fs::read_to_string(&target).expect("a document");
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#').trim()));
                assert!(anchors.any(|known| known == heading), "{path} links to {link}");
            }
            count += 1;
        }
    }
    assert!(count > 20, "only {count} links were found");
}

#[test]
fn every_document_begins_with_its_title() {
    let names = fs::read_dir(file("docs")).expect("the documents");
    for entry in names {
        let name = entry.expect("an entry").file_name().into_string().expect("in UTF-8");
        if name.ends_with(".md") {
            let text = read(&format!("docs/{name}"));
            let title = text.lines().next().and_then(|line| line.strip_prefix("# "));
            assert!(title.is_some_and(|title| !title.is_empty()), "docs/{name}: {title:?}");
        }
    }
}
