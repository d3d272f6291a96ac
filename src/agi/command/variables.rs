//! Values of variables: what a command can contain, and which variables one command can set.

use std::borrow::Cow;

use crate::agi::quote::{self, MAX_COMMAND_BYTES};

/// Maximum number of variables that one command sets. `ARRAY` splits its arguments into 100 at most (`array` in
/// `func_strings.c`).
const MAX_VARIABLES_PER_COMMAND: usize = 64;

/// A value that one command can set.
#[derive(Clone, PartialEq, Eq)]
pub struct AgiFittedValue<'a> {
    /// The value, or its beginning.
    pub value: Cow<'a, str>,
    /// Whether the end of the value was cut off.
    pub truncated: bool,
}

/// Makes a value that a variable can have: CR, LF and NUL become spaces. If the line would be too long, the end of the
/// value is cut off, between two characters.
pub fn fit_variable<'a>(name: &str, value: &'a str) -> AgiFittedValue<'a> {
    let overhead = r#"SET VARIABLE "" """#.len() + 1 + quote::quoted_len(name);
    let sendable = quote::replace_line_breaks(value);
    let len =
        quote::truncate_to_quoted_len(&sendable, MAX_COMMAND_BYTES.saturating_sub(overhead)).len();
    let truncated = len < value.len();
    let value = match sendable {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..len]),
        Cow::Owned(text) => Cow::Owned(text[..len].to_owned()),
    };
    AgiFittedValue { value, truncated }
}

/// How many variables, from the beginning of the list, one command can set; at least 1.
///
/// A value that `ARRAY` would read otherwise needs a command of its own.
pub fn count_settable_together(variables: &[(&str, Cow<'_, str>)]) -> usize {
    let mut line_bytes = r#"SET VARIABLE "ARRAY()" """#.len() + 1;
    let fitting = variables.iter().take(MAX_VARIABLES_PER_COMMAND).take_while(|(name, value)| {
        line_bytes += name.len() + value.len() + 2 * ",".len();
        is_literal_in_array(value) && line_bytes <= MAX_COMMAND_BYTES
    });
    fitting.count().max(1)
}

/// Whether `ARRAY` sets the value exactly. It splits values at commas, except in quotes, parentheses and brackets, and
/// it removes quotes and backslashes (`__ast_app_separate_args` in `main/app.c`). All other bytes are literal.
pub(super) fn is_literal_in_array(value: &str) -> bool {
    !value.bytes().any(|byte| b",\"\\()[]".contains(&byte))
}
