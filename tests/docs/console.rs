//! Each `console` block is run. Its lines with `$ ` are commands, and what follows them is their output.
//!
//! The commands of a page run in order in one folder. It has an empty `dialscript.toml` at first, and gets the files
//! that blocks of TOML name as they appear. That of an example has the example's files. Commands of the shell and files
//! between the blocks are why this is no `trycmd`, which runs the tested program alone, and each block in a folder of
//! its own.

use std::env;
use std::fs;

use crate::assert_none;
use crate::examples::{is_page_of_example, write_example};
use crate::page::{Block, Page, all_pages, root};
use crate::sandbox::Sandbox;

pub(crate) const UPDATE: &str = "DIALSCRIPT_UPDATE_DOCS";

/// One command of a block, with its line in the block and the output that is written there.
struct ConsoleCommand<'a> {
    line: usize,
    text: &'a str,
    output: &'a [String],
}

/// The lines of a block as they should be.
struct BlockUpdate {
    fence_line: usize,
    length: usize,
    lines: Vec<String>,
}

#[test]
fn each_command_of_a_console_block_prints_what_is_written_below_it() {
    let mut problems = Vec::new();
    for page in all_pages() {
        let (updates, found) = run_page(&page);
        match env::var_os(UPDATE) {
            Some(_) => rewrite(&page, &updates),
            None => problems.extend(found),
        }
    }
    assert_none(&problems);
}

fn run_page(page: &Page) -> (Vec<BlockUpdate>, Vec<String>) {
    let (mut updates, mut problems) = (Vec::new(), Vec::new());
    let sandbox = Sandbox::new();
    if is_page_of_example(page) {
        write_example(&sandbox, root().join(&page.path).parent().unwrap());
    }
    for block in page.blocks() {
        match (block.language.as_str(), block.file_name()) {
            ("toml", Some(name)) => sandbox.write(name, block.text()),
            ("console", _) => {
                let (update, found) = run_block(page, &block, &sandbox);
                updates.push(update);
                problems.extend(found);
            }
            _ => {}
        }
    }
    (updates, problems)
}

fn run_block(page: &Page, block: &Block, sandbox: &Sandbox) -> (BlockUpdate, Vec<String>) {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    let commands = commands(block);
    if commands.is_empty() {
        problems.push(format!("{}: this console block has no command", page.place(block.line)));
    }
    for command in commands {
        let output = sandbox.shell(command.text).output;
        let (written, output) = (command.output.join("\n"), output.trim_end());
        if written.trim_end() != output {
            let place = page.place(block.line + command.line);
            problems.push(format!(
                "{place}: $ {}\n--- the page has:\n{written}\n--- the program prints:\n{output}\n--- \
                 ({UPDATE}=1 writes it into the page)",
                command.text
            ));
        }
        lines.push(format!("$ {}", command.text));
        lines.extend(output.lines().map(str::to_owned));
    }
    let indent = " ".repeat(block.indent);
    let indented = |line: String| if line.is_empty() { line } else { format!("{indent}{line}") };
    let lines = lines.into_iter().map(indented).collect();
    (BlockUpdate { fence_line: block.line, length: block.lines.len(), lines }, problems)
}

fn commands(block: &Block) -> Vec<ConsoleCommand<'_>> {
    let starts: Vec<usize> =
        (0..block.lines.len()).filter(|index| block.lines[*index].starts_with("$ ")).collect();
    let ends = starts.iter().skip(1).copied().chain([block.lines.len()]);
    let pairs = starts.iter().copied().zip(ends);
    pairs
        .map(|(start, end)| ConsoleCommand {
            line: start + 1,
            text: &block.lines[start][2..],
            output: &block.lines[start + 1..end],
        })
        .collect()
}

/// From the last block to the first, so that lines above stay where they are.
fn rewrite(page: &Page, updates: &[BlockUpdate]) {
    let mut lines: Vec<String> = page.text.lines().map(str::to_owned).collect();
    for update in updates.iter().rev() {
        let first = update.fence_line;
        lines.splice(first..first + update.length, update.lines.iter().cloned());
    }
    let text = lines.join("\n") + "\n";
    if text != page.text {
        fs::write(root().join(&page.path), text).unwrap();
    }
}
