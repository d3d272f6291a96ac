//! The build script: it names the commit that a release is built from, for `dialscript --version`.
//!
//! A debug build names none: each commit would build the whole crate anew.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-env-changed=DIALSCRIPT_COMMIT");
    let commit = match env::var("DIALSCRIPT_COMMIT") {
        Ok(named) => named,
        Err(_) if env::var("PROFILE").as_deref() == Ok("release") => commit_of_sources(),
        Err(_) => String::new(),
    };
    println!("cargo:rustc-env=DIALSCRIPT_COMMIT={commit}");
}

/// The commit, with `-modified` if the sources differ from it. Empty if they are not in a Git repository.
fn commit_of_sources() -> String {
    for path in ["src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={path}");
    }
    // Git appends a line to this file with each commit and each checkout.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={log}");
    }
    // Not empty if this crate is a folder of another repository.
    let is_top = git(&["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix.is_empty());
    let commit = git(&["rev-parse", "--short=9", "HEAD"]).filter(|_| is_top);
    let Some(commit) = commit else { return String::new() };
    let changes = git(&["status", "--porcelain", "--", "src", "Cargo.toml", "Cargo.lock"]);
    let is_modified = changes.is_some_and(|changes| !changes.is_empty());
    commit + if is_modified { "-modified" } else { "" }
}

/// The output of a Git command in the folder of this crate; `None` if it failed.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
