//! Tests of the manual: its examples, its links, and its lists of keys, options, fields and metrics.
//!
//! Each failure names a page and a line. `DIALSCRIPT_UPDATE_DOCS=1 cargo test --test docs` writes the output of today's
//! program into the `console` blocks, and the JSON Schemas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alerts;
mod calls;
mod command_line;
mod console;
mod examples;
mod exit_codes;
mod fragment;
mod installed_configuration;
mod keys;
mod links;
#[path = "../support/net.rs"]
mod net;
mod page;
mod sandbox;
mod schema_descriptions;
mod schemas;
mod toml_blocks;

/// Fails with all problems at once.
fn assert_none(problems: &[String]) {
    let count = problems.len();
    assert!(problems.is_empty(), "{count} in the documentation:\n\n{}\n", problems.join("\n\n"));
}
