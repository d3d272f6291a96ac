//! Any text can be parsed as a template; each error names a range of bytes that lies within the text.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none texts`.
#![no_main]

use dialscript::script::template::{BraceSyntax, parse_spoken, parse_template};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let errors = [
        parse_template(text, BraceSyntax::Doubled).1,
        parse_template(text, BraceSyntax::Literal).1,
        parse_spoken(text).1,
    ];
    for error in errors.into_iter().flatten() {
        assert!(text.get(error.range.clone()).is_some(), "{error:?}");
    }
});
