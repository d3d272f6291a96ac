//! Compiles the regular expressions of script files.

use regex::Regex;

/// The signs that repeat what is before them.
const REPETITIONS: [char; 3] = ['+', '*', '?'];

/// Why a pattern is invalid, and how to correct it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub(crate) message: String,
    pub(crate) help: String,
}

/// Compiles a pattern that may match anywhere in a text.
pub(crate) fn compile(text: &str) -> Result<Regex, PatternError> {
    Regex::new(text).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        PatternError {
            message: format!("invalid pattern: {reason}"),
            help: match text.strip_prefix(REPETITIONS) {
                Some(_) => format!("for the character, write `'\\{text}'`"),
                None => {
                    "a pattern is a regular expression in single quotes, such as '^ORD-[0-9]+$'"
                        .to_owned()
                }
            },
        }
    })
}

/// A sign of repetition right behind `^`, as in `^+49`, and the pattern with the sign as a character, `^\+49`. Such a
/// pattern is valid, and matches as if both were missing.
pub(crate) fn repeated_start(text: &str) -> Option<(char, String)> {
    let rest = text.strip_prefix('^')?;
    let sign = rest.chars().next().filter(|sign| REPETITIONS.contains(sign))?;
    Some((sign, format!("^\\{rest}")))
}

/// Compiles a pattern that must match a whole text.
///
/// # Errors
///
/// When the text is not a regular expression, or is not one any more when it is enclosed in `^(?:…)$`.
pub(crate) fn compile_whole(text: &str) -> Result<Regex, PatternError> {
    compile(text)?;
    // In `(?x)` mode a pattern may end with a comment. Then `)$` would be part of the comment, unless a newline ends
    // it.
    let wrap = |end: &str| Regex::new(&["^(?:", text, end].concat());
    wrap(")$").or_else(|_| wrap("\n)$")).map_err(|_| PatternError {
        message: "this pattern can't be matched as a whole".to_owned(),
        help: "remove what continues past its end, such as a comment".to_owned(),
    })
}
