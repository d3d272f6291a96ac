//! The placeholders of a call that had no value, for the log line of the call.

use std::fmt;

use crate::script::template::Placeholder;

/// Maximum number of placeholders that are shown.
const MAX_SHOWN: usize = 8;
/// Maximum number of characters of a placeholder that are shown.
const MAX_CHARACTERS: usize = 64;

/// Placeholders that were filled with nothing, in the order in which that happened first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmptyPlaceholders {
    shown: Vec<Placeholder>,
    has_more: bool,
}

impl EmptyPlaceholders {
    pub(crate) fn add(&mut self, placeholder: &Placeholder) {
        if self.shown.contains(placeholder) {
            return;
        }
        if self.shown.len() < MAX_SHOWN {
            self.shown.push(placeholder.clone());
        } else {
            self.has_more = true;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }
}

/// As they are written in a script, with commas between them.
impl fmt::Display for EmptyPlaceholders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, placeholder) in self.shown.iter().enumerate() {
            let text: String = placeholder.to_string().chars().take(MAX_CHARACTERS).collect();
            write!(f, "{}{text}", if position == 0 { "" } else { ", " })?;
        }
        f.write_str(if self.has_more { ", …" } else { "" })
    }
}
