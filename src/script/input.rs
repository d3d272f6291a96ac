//! What was entered, against what was asked for.

use crate::script::definition::Keypress;

/// What a question came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// What was asked for.
    Right,
    /// Nothing was entered.
    Nothing,
    /// Something else.
    Wrong,
}

impl Keypress {
    /// Judges digits by their number and look.
    pub fn judge(&self, digits: &str) -> Input {
        let long_enough = digits.len() >= self.min_length;
        match &self.pattern {
            _ if digits.is_empty() => Input::Nothing,
            _ if !long_enough => Input::Wrong,
            Some(pattern) if !pattern.is_match(digits) => Input::Wrong,
            _ => Input::Right,
        }
    }
}
