//! Scripts with so many branches that no check may compare each of them with each other.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::support::config_folder::ConfigFolder;

const BRANCHES: usize = 30_000;
/// Comparing each branch with each other takes several minutes, and the test without that a few seconds.
const LIMIT: Duration = Duration::from_secs(60);

const SCRIPT: &str = r#"
    [trigger]
    url = "http://shop.example/"
    [response]
    key = "code"
    [no_response]
"#;

#[test]
fn tens_of_thousands_of_branches_are_checked_in_seconds_and_the_one_that_never_matches_is_found() {
    let mut script = SCRIPT.to_owned();
    for number in 0..BRANCHES {
        let (text, min, max) = (number, 1_000_000 + 10 * number, 1_000_009 + 10 * number);
        let when = format!("when = [\"{text}\", {{ min = {min}, max = {max} }}]");
        writeln!(script, "[[branch]]\n{when}\nthen = \"goto {number}@shipping\"").unwrap();
    }
    script.push_str("[[branch]]\nwhen = \"1000042\"\n");
    let folder = ConfigFolder::with_scripts(&[("many", &script)]);
    let started = Instant::now();
    let errors = folder.errors();
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
    let help = "remove this one, or move it before the other";
    assert_eq!(errors, [format!("this can never match: an earlier matcher covers it | {help}")]);
}
