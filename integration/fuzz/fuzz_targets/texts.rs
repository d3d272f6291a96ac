//! Any text is phrases, or has problems, each at a place that is in it.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none texts`.
#![no_main]

use dialscript::script::template::{Braces, read, read_spoken};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let problems = [read(text, Braces::Doubled).1, read(text, Braces::Text).1, read_spoken(text).1];
    for problem in problems.into_iter().flatten() {
        assert!(text.get(problem.at.clone()).is_some(), "{problem:?}");
    }
});
