//! Regular expressions as script files have them.

use regex::Regex;

/// Why a text is not a pattern, and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

/// A pattern that may match anywhere in a text.
///
/// # Errors
///
/// When it is not a regular expression.
pub fn compile(text: &str) -> Result<Regex, PatternError> {
    Regex::new(text).map_err(|e| {
        let reason = e.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        PatternError {
            message: format!("this is no pattern: {reason}"),
            help: "write patterns in single quotes, such as '^ORD-[0-9]+$'",
        }
    })
}

/// A pattern that must match a text from end to end.
///
/// # Errors
///
/// When it is not a regular expression, or changes its meaning where something stands around it.
pub fn compile_whole(text: &str) -> Result<Regex, PatternError> {
    compile(text)?;
    // A comment at the end of an `x` pattern ends with its line.
    let wrap = |end: &str| Regex::new(&["^(?:", text, end].concat());
    wrap(")$").or_else(|_| wrap("\n)$")).map_err(|_| PatternError {
        message: "this pattern can't be matched as a whole".to_owned(),
        help: "take out what reaches over its end, such as a comment",
    })
}
