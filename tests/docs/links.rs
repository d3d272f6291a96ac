//! Links, the table of contents, and trailing white space.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::assert_none;
use crate::page::{Page, all_pages, as_heading, page, root};

static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new("`[^`]*`").unwrap());
static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").unwrap());
static LINK_TEXT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap());

/// The most lines that README.md may have.
const README_LINES: usize = 200;

#[test]
fn each_link_leads_to_an_existing_file_and_anchor() {
    let mut problems = Vec::new();
    let pages = all_pages();
    let anchors = pages.iter().map(|page| (root().join(&page.path), anchors(page))).collect();
    for page in &pages {
        for (line, target) in links(page) {
            if let Some(problem) = broken(page, &target, &anchors) {
                problems.push(format!("{}: {problem}: {target}", page.place(line)));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn each_page_of_the_manual_is_in_its_table_of_contents_once() {
    let summary = page("docs/SUMMARY.md");
    let listed: Vec<String> = links(&summary).into_iter().map(|(_, target)| target).collect();
    let mut problems = Vec::new();
    for page in all_pages() {
        let Ok(path) = page.path.strip_prefix("docs") else { continue };
        let times = listed.iter().filter(|target| Path::new(target) == path).count();
        if path != Path::new("SUMMARY.md") && times != 1 {
            problems.push(format!("{}: is in SUMMARY.md {times} times", page.place(1)));
        }
    }
    assert_none(&problems);
}

#[test]
fn no_line_ends_with_white_space_and_each_block_has_a_language() {
    let mut problems = Vec::new();
    for page in all_pages() {
        for (index, line) in page.text.lines().enumerate() {
            if line != line.trim_end() {
                problems.push(format!("{}: white space at the end", page.place(index + 1)));
            }
        }
        let nameless = page.blocks().into_iter().filter(|block| block.language.is_empty());
        problems.extend(nameless.map(|b| format!("{}: a block of what?", page.place(b.line))));
    }
    assert_none(&problems);
}

#[test]
fn the_readme_stays_within_its_line_limit() {
    let lines = page("README.md").text.lines().count();
    assert!(lines <= README_LINES, "README.md:{lines}: more than {README_LINES} lines");
}

/// The target of each link, with its line. Text in backticks has none.
fn links(page: &Page) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for line in page.prose() {
        let text = CODE.replace_all(line.text, "");
        links.extend(LINK.captures_iter(&text).map(|found| (line.number, found[1].to_owned())));
    }
    links
}

fn broken(
    page: &Page,
    target: &str,
    anchors: &BTreeMap<PathBuf, BTreeSet<String>>,
) -> Option<&'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(f, a)| (f, Some(a)));
    let from = root().join(&page.path);
    let path = if file.is_empty() { from } else { from.parent().unwrap().join(file) };
    let Ok(path) = path.canonicalize() else { return Some("no such file") };
    let anchor = anchor?;
    let there = anchors.get(&path).is_some_and(|anchors| anchors.contains(anchor));
    (!there).then_some("no such anchor")
}

/// The anchor of a heading, as code hosts and mdBook make it.
fn anchors(page: &Page) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for line in page.prose() {
        let Some(heading) = as_heading(line.text) else { continue };
        let first = anchor(heading);
        let further = (1..).map(|number| format!("{first}-{number}"));
        let name = std::iter::once(first.clone()).chain(further).find(|n| !anchors.contains(n));
        anchors.extend(name);
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let text = LINK_TEXT.replace_all(heading, "$1").to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || "_- ".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
