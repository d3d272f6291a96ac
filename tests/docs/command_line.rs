//! Each command and option is in the manual, and each option in the manual exists.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory, Parser};
use dialscript::cli::Cli;
use regex::Regex;

use crate::assert_none;
use crate::page::{Page, page};

const PAGE: &str = "docs/admin/command-line.md";

/// Options that are described once, for all commands.
const GENERAL: [&str; 3] = ["help", "version", "config"];

#[test]
fn each_command_has_a_section_with_all_of_its_options() {
    let (page, cache) = (page(PAGE), page("docs/admin/cache.md"));
    let mut problems = Vec::new();
    for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        let mut text = section(&page, name);
        if text.is_empty() {
            problems.push(format!("{}: no section on `{name}`", page.place(1)));
        }
        if name == "cache" {
            text.push_str(&cache.text);
        }
        problems.extend(undescribed(command, &text).iter().map(|what| {
            format!("{}: {what} of `{name}` is not described", page.place(line_of(&page, name)))
        }));
    }
    assert_none(&problems);
}

#[test]
fn each_option_that_the_manual_names_exists() {
    let root = Cli::command();
    let option = Regex::new(r"--[a-z][a-z-]+").unwrap();
    let mut problems = Vec::new();
    for (page, command) in [(page(PAGE), None), (page("docs/admin/cache.md"), Some("cache"))] {
        for line in page.prose() {
            let Some(command) = root.find_subcommand(command.unwrap_or(line.heading)) else {
                continue;
            };
            let known = options(command);
            let first_cell = line.text.strip_prefix('|').and_then(|row| row.split('|').next());
            let named = option.find_iter(first_cell.unwrap_or_default());
            for name in named.map(|found| found.as_str()).filter(|name| !known.contains(*name)) {
                problems.push(format!("{}: there is no {name}", page.place(line.number)));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn the_examples_of_each_help_text_are_valid_command_lines() {
    let root = Cli::command();
    let mut problems = Vec::new();
    for command in [&root].into_iter().chain(root.get_subcommands()) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().filter_map(|line| line.trim().strip_prefix("dialscript "));
        // A comment stands behind several spaces.
        let examples: Vec<_> =
            lines.map(|line| line.split("  ").next().unwrap_or_default()).collect();
        if examples.is_empty() && !command.is_hide_set() {
            problems.push(format!("`{}` has no examples", command.get_name()));
        }
        for example in examples {
            let words = ["dialscript"].into_iter().chain(example.split(' '));
            if let Err(error) = Cli::try_parse_from(words) {
                problems.push(format!("dialscript {example}: {error}"));
            }
        }
    }
    assert_none(&problems);
}

/// The text below the heading of this command, up to the next one.
fn section(page: &Page, command: &str) -> String {
    let lines = page.text.lines().skip(line_of(page, command));
    lines.take_while(|line| !line.starts_with("## ")).map(|line| format!("{line}\n")).collect()
}

fn line_of(page: &Page, command: &str) -> usize {
    let heading = format!("## {command}");
    let line = page.text.lines().position(|line| line == heading);
    line.map_or(page.text.lines().count(), |index| index + 1)
}

/// Commands, options and the short forms of options that a section lacks.
fn undescribed(command: &Command, text: &str) -> Vec<String> {
    let has = |word: &str| {
        let whole = Regex::new(&format!(r"(^|[^\w-]){}($|[^\w-])", regex::escape(word))).unwrap();
        whole.is_match(text)
    };
    let mut wanted = Vec::new();
    let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
    for argument in shown.filter(|a| !GENERAL.contains(&a.get_id().as_str())) {
        wanted.extend(argument.get_long().map(|name| format!("--{name}")));
        wanted.extend(argument.get_short().map(|letter| format!("-{letter}")));
    }
    let mut missing: Vec<_> = wanted.into_iter().filter(|word| !has(word)).collect();
    for inner in command.get_subcommands() {
        let words = format!("{} {}", command.get_name(), inner.get_name());
        if !has(&words) {
            missing.push(words);
        }
        missing.extend(undescribed(inner, text));
    }
    missing
}

/// The long options of a command and of its commands.
fn options(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_long());
    let own = own.map(|name| format!("--{name}"));
    own.chain(command.get_subcommands().flat_map(options)).collect()
}
