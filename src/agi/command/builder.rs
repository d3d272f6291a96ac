//! Builds a command line.

use std::fmt::{self, Write};
use std::time::Duration;

use bytes::Bytes;

use crate::agi::quote::{self, AgiCommandError, MAX_COMMAND_BYTES};
use crate::channel::KeySet;
use crate::wire::whole_seconds;

/// Maximum time in a command. Asterisk reads an `int`, and a negative number means no limit (`handle_waitfordigit`,
/// `handle_recordfile`).
const MAX_MILLISECONDS: u128 = i32::MAX as u128;

/// Initial capacity of a line; most commands are shorter.
const TYPICAL_BYTES: usize = 128;

pub(super) struct AgiCommandBuilder {
    verb: &'static str,
    text: String,
}

impl AgiCommandBuilder {
    pub(super) fn new(verb: &'static str) -> Self {
        let mut text = String::with_capacity(TYPICAL_BYTES);
        text.push_str(verb);
        Self { verb, text }
    }

    /// Appends a word without quotes. Not for text from outside.
    pub(super) fn unquoted(mut self, word: impl fmt::Display) -> Self {
        let written = write!(self.text, " {word}");
        debug_assert_eq!(written, Ok(()), "writing to a `String` cannot fail");
        self
    }

    pub(super) fn quoted(mut self, text: &str) -> Result<Self, AgiCommandError> {
        self.text.push(' ');
        quote::quote(&mut self.text, text)?;
        Ok(self)
    }

    /// Appends the keys that interrupt the command.
    pub(super) fn escape_digits(mut self, keys: KeySet) -> Self {
        self.text.push_str(" \"");
        self.text.extend(keys.keys());
        self.text.push('"');
        self
    }

    /// The verb, and the whole line with its newline.
    pub(super) fn into_line(self) -> Result<(&'static str, Bytes), AgiCommandError> {
        let bytes = self.text.len() + 1;
        if bytes > MAX_COMMAND_BYTES {
            Err(AgiCommandError::TooLong(bytes))
        } else {
            Ok(self.into_line_unchecked())
        }
    }

    pub(super) fn into_line_unchecked(mut self) -> (&'static str, Bytes) {
        self.text.push('\n');
        (self.verb, Bytes::from(self.text))
    }
}

/// The time in milliseconds, rounded up: at least 1, at most [`MAX_MILLISECONDS`].
pub(super) fn milliseconds(time: Duration) -> u128 {
    time.as_nanos().div_ceil(1_000_000).clamp(1, MAX_MILLISECONDS)
}

/// The time in seconds, rounded up: at least 1, at most [`MAX_MILLISECONDS`].
pub(super) fn seconds(time: Duration) -> u128 {
    u128::from(whole_seconds(time)).min(MAX_MILLISECONDS / 1_000)
}
