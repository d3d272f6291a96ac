//! Tests that need an environment of their own: the environment is one for all tests of a process.

use std::process::Command;

/// Runs one test of this binary, which may be an ignored one, in a process of its own; it must pass there. The module is
/// what `module_path!()` says.
pub(crate) fn run_test(module: &str, test: &str, environment: &[(&str, &str)]) {
    let (_binary, module) = module.split_once("::").unwrap();
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--include-ignored", "--exact", &format!("{module}::{test}")]);
    let output = process.envs(environment.iter().copied()).output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && report.contains("1 passed"), "{report}");
}
