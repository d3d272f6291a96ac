//! Each `toml` block is checked by `dialscript check`.
//!
//! A block is a script or a part of one. If its first line is `# dialscript.toml`, it is a configuration; if it is
//! `# scripts/NAME.toml`, it is that file, and all such blocks of a page are checked together. A block that begins with
//! `# wrong:` must have an error.

use std::collections::BTreeMap;

use regex::Regex;

use crate::assert_none;
use crate::fragment::completed;
use crate::page::{Block, Page, all_pages, root};
use crate::sandbox::{ProgramOutput, Sandbox};

/// The configuration that the scripts of the manual need.
const CONFIGURATION: &str = r#"
[egress]
allow_hosts = ["*.shop.example", "cdn.shop.example"]

[speech]
listen = { engine = "vosk", url = "ws://127.0.0.1:2700" }

[speech.engines.german]
engine  = "command"
command = ["espeak-ng", "--stdin", "-w", "{out}"]
"#;

/// Of 16 characters and more, as a key that signs should be.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Where the manual installs the programs of `dialplan/recipes`.
const INSTALLED_RECIPES: &str = "/usr/local/lib/dialscript/";

#[test]
fn each_toml_block_passes_the_check_unless_it_is_marked_as_wrong() {
    let mut problems = Vec::new();
    for page in all_pages() {
        let (named, single): (Vec<Block>, Vec<Block>) =
            page.blocks().into_iter().filter(|block| block.language == "toml").partition(is_script);
        // Without the feature, the table is an error.
        let can_pass = |block: &&Block| cfg!(feature = "otlp") || !block.text().contains("[otlp]");
        for block in single.iter().filter(can_pass) {
            let ran = check_alone(&page, block);
            problems.extend(problem(&page, block.line, block.is_wrong(), &ran));
        }
        problems.extend(check_together(&page, &named));
    }
    assert_none(&problems);
}

/// Whether it is a whole script with a name. A wrong one is checked alone, since it would fail the others.
fn is_script(block: &Block) -> bool {
    !block.is_wrong() && block.file_name().is_some_and(|name| name != "dialscript.toml")
}

fn check_alone(page: &Page, block: &Block) -> ProgramOutput {
    let sandbox = sandbox(page);
    match block.file_name() {
        Some("dialscript.toml") => {
            let recipes = root().join("dialplan/recipes/").display().to_string();
            sandbox.write("dialscript.toml", block.text().replace(INSTALLED_RECIPES, &recipes));
            sandbox.write("scripts/beep.toml", "[prompt]\nplay = \"switch:beep\"\n");
        }
        name => sandbox.write(name.unwrap_or("scripts/shown.toml"), completed(&block.text())),
    }
    sandbox.dialscript(&["check"])
}

/// A file name that occurs again is a later version of that file. Each version is checked with the other files as
/// they are at that point of the page.
fn check_together(page: &Page, blocks: &[Block]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&Block>> = BTreeMap::new();
    for block in blocks {
        versions.entry(block.file_name().unwrap()).or_default().push(block);
    }
    let times = versions.values().map(Vec::len).max().unwrap_or(0);
    let mut problems = Vec::new();
    for time in 0..times {
        let sandbox = sandbox(page);
        for (name, blocks) in &versions {
            sandbox.write(name, blocks[time.min(blocks.len() - 1)].text());
        }
        let ran = sandbox.dialscript(&["check"]);
        let line = first_place(&ran.output, &versions, time).unwrap_or(blocks[0].line);
        problems.extend(problem(page, line, false, &ran));
    }
    problems
}

/// The line of the page that the first diagnostic is about.
fn first_place(output: &str, files: &BTreeMap<&str, Vec<&Block>>, time: usize) -> Option<usize> {
    let arrow = Regex::new(r"--> (\S+):(\d+):\d+").unwrap();
    let found = arrow.captures(output)?;
    let blocks = files.get(&found[1])?;
    Some(blocks[time.min(blocks.len() - 1)].line + found[2].parse::<usize>().unwrap())
}

fn problem(page: &Page, line: usize, is_wrong: bool, ran: &ProgramOutput) -> Option<String> {
    let place = page.place(line);
    match (is_wrong, ran.code) {
        (true, Some(1)) => None,
        (true, _) => Some(format!("{place}: marked as wrong, and passes\n{}", ran.output)),
        (false, Some(0)) if !ran.output.contains("warning") => None,
        (false, _) => Some(format!("{place}: does not pass\n{}", ran.output)),
    }
}

/// With every secret that the page names.
fn sandbox(page: &Page) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("dialscript.toml", CONFIGURATION);
    sandbox.write("scripts/.gitkeep", "");
    sandbox.write("shop-ca.pem", include_bytes!("fixture/shop-ca.pem"));
    sandbox.write("shop.pem", include_bytes!("fixture/shop-ca.pem"));
    sandbox.write("client.pem", include_bytes!("fixture/client.pem"));
    sandbox.write("client.key", include_bytes!("fixture/client.key"));
    let name = Regex::new(r"\{secret\.([\w-]+)\}").unwrap();
    for secret in name.captures_iter(&page.text) {
        sandbox.write(&format!("secrets/{}", &secret[1]), SECRET);
    }
    sandbox
}
