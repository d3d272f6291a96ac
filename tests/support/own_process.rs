//! Tests that need their own environment variables. All tests of a process share one environment.

use std::process::Command;

/// Runs one test of this binary in its own process, with these environment variables. The test can be an ignored one.
/// It must pass. `module` is the `module_path!()` of the test.
pub(crate) fn run_test(module: &str, test: &str, environment: &[(&str, &str)]) {
    let (_binary, module) = module.split_once("::").unwrap();
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--include-ignored", "--exact", &format!("{module}::{test}")]);
    let output = process.envs(environment.iter().copied()).output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && report.contains("1 passed"), "{report}");
}
