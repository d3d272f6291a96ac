//! What we send to Asterisk.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::time::Duration;

use bytes::Bytes;

use super::quote::{self, AgiCommandError, MAX_COMMAND_BYTES};
use crate::channel::digits::is_dtmf_key;
use crate::wire::{is_variable_name, whole_seconds};

/// Longest time of a command, in milliseconds: they read an `int`, and a negative one is for ever
/// (`handle_waitfordigit`, `handle_recordfile`).
const MAX_MILLISECONDS: u128 = i32::MAX as u128;

/// One line for Asterisk with its newline, ready to be sent: at most [`COMMAND_BYTES`], and nothing from outside in it
/// that is not quoted.
#[derive(Clone, PartialEq, Eq)]
pub struct AgiCommand {
    verb: &'static str,
    line: Bytes,
}

impl AgiCommand {
    /// `ANSWER`: picks up; `0` also where that has happened. Takes up to half a second, since it waits for sound.
    pub fn answer() -> Self {
        Self::from_static("ANSWER", "ANSWER\n")
    }

    /// `CHANNEL STATUS`: `6` is picked up; 511 on a channel that is hung up.
    pub fn channel_status() -> Self {
        Self::from_static("CHANNEL STATUS", "CHANNEL STATUS\n")
    }

    /// `NOOP`: `0`, also on a channel that is hung up.
    pub fn noop() -> Self {
        Self::from_static("NOOP", "NOOP\n")
    }

    /// `failure`: ends the session with `AGISTATUS=FAILURE`, without a reply (`run_agi`).
    pub fn failure() -> Self {
        Self::from_static("failure", "failure\n")
    }

    /// `STREAM FILE`: plays a file, named without its extension, from `offset` samples on until its end or one of the
    /// keys: `0`, the key's code, or `-1` for a hang-up or a missing file, which also turns AGISTATUS to FAILURE for
    /// the whole session (`handle_streamfile`).
    ///
    /// # Errors
    /// A line break in the name, a key that no telephone has, or a name that is too long.
    pub fn stream_file(
        name: &str,
        escape_digits: &str,
        offset: Option<u64>,
    ) -> Result<Self, AgiCommandError> {
        let mut line =
            AgiCommandBuilder::new("STREAM FILE").quoted(name)?.escape_digits(escape_digits)?;
        if let Some(samples) = offset {
            line = line.unquoted(samples);
        }
        line.build()
    }

    /// `SAY DIGITS`: the digits one by one, until their end or one of the keys: `0`, the key's code, or `-1` for a
    /// hang-up or a sound that is missing. Another command does not end it, and nothing tells how far it came
    /// (`handle_saydigits`).
    ///
    /// # Errors
    /// No digits alone, a key that no telephone has, or too many of them.
    pub fn say_digits(digits: &str, escape_digits: &str) -> Result<Self, AgiCommandError> {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AgiCommandError::NotDigits);
        }
        AgiCommandBuilder::new("SAY DIGITS").quoted(digits)?.escape_digits(escape_digits)?.build()
    }

    /// `SAY ALPHA`: the same of letters, digits and some signs; what it has no sound for is passed over
    /// (`handle_sayalpha`, `ast_get_character_str`).
    ///
    /// # Errors
    /// A line break in the letters, a key that no telephone has, or too many of them.
    pub fn say_alpha(letters: &str, escape_digits: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SAY ALPHA").quoted(letters)?.escape_digits(escape_digits)?.build()
    }

    /// `RECORD FILE`: records into a WAV file, named without its extension, until a key, `silence` or `maximum`: see
    /// [`AgiReply`](super::reply::Reply) for how it ends. Another command does not end it (`handle_recordfile`).
    ///
    /// The longest time is sent in milliseconds and at least 1, since a negative one is for ever; the silence in whole
    /// seconds, rounded up, and at least 1, since 0 is none.
    ///
    /// # Errors
    /// A line break in the name, a key that no telephone has, or a name that is too long.
    pub fn record_file(
        name: &str,
        escape_digits: &str,
        maximum: Duration,
        silence: Duration,
    ) -> Result<Self, AgiCommandError> {
        let line = AgiCommandBuilder::new("RECORD FILE")
            .quoted(name)?
            .unquoted("wav")
            .escape_digits(escape_digits)?;
        line.unquoted(milliseconds(maximum))
            .unquoted(format_args!("s={}", seconds(silence)))
            .build()
    }

    /// `SPEECH CREATE`: loads an engine, the default one where none is named: `1`, or `0` where there is none
    /// (`handle_speechcreate`).
    ///
    /// # Errors
    /// A line break in the engine, or one that is too long.
    pub fn speech_create(engine: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SPEECH CREATE").quoted(engine)?.build()
    }

    /// `SPEECH LOAD GRAMMAR`: `1`, or `0` where the engine does not take it (`handle_speechloadgrammar`).
    ///
    /// # Errors
    /// A line break in the name or the path, or both too long.
    pub fn speech_load_grammar(name: &str, path: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SPEECH LOAD GRAMMAR").quoted(name)?.quoted(path)?.build()
    }

    /// `SPEECH ACTIVATE GRAMMAR`: `1`, or `0` where the engine does not take it (`handle_speechactivategrammar`).
    ///
    /// # Errors
    /// A line break in the name, or one that is too long.
    pub fn speech_activate_grammar(name: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SPEECH ACTIVATE GRAMMAR").quoted(name)?.build()
    }

    /// `SPEECH RECOGNIZE`: plays a file, named without its extension, and listens until the engine has understood, a
    /// key, or a time behind the file. It counts whole seconds; they are rounded up, and at least 1, since 0 is for
    /// ever. Another command does not end it (`handle_speechrecognize`).
    ///
    /// # Errors
    /// A line break in the name, or one that is too long.
    pub fn speech_recognize(prompt: &str, time: Duration) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SPEECH RECOGNIZE").quoted(prompt)?.unquoted(seconds(time)).build()
    }

    /// `SPEECH DESTROY`: lets the engine go, also after a hang-up (`handle_speechdestroy`).
    pub fn speech_destroy() -> Self {
        Self::from_static("SPEECH DESTROY", "SPEECH DESTROY\n")
    }

    /// `WAIT FOR DIGIT`: the key's code, `0` when the time is over, `-1` for a hang-up. Always answers, with `1`, when
    /// another command ends it (`handle_waitfordigit`).
    ///
    /// The time is sent in milliseconds, rounded up, at least 1 and at most 24 days.
    pub fn wait_for_digit(time: Duration) -> Self {
        AgiCommandBuilder::new("WAIT FOR DIGIT").unquoted(milliseconds(time)).build_unchecked()
    }

    /// `SET MUSIC ON` with a class, or `SET MUSIC OFF`: answers at once. An unknown class plays the default one; any
    /// file ends the music for good (`handle_setmusic`).
    ///
    /// # Errors
    /// A line break in the class, or one that is too long.
    pub fn set_music(class: Option<&str>) -> Result<Self, AgiCommandError> {
        match class {
            Some(class) => {
                AgiCommandBuilder::new("SET MUSIC").unquoted("ON").quoted(class)?.build()
            }
            None => Ok(Self::from_static("SET MUSIC", "SET MUSIC OFF\n")),
        }
    }

    /// `SET VARIABLE` of a plain variable: `1`, also after a hang-up. The value is text, never evaluated
    /// (`handle_setvariable`). [`fit_variable`] makes any value sendable.
    ///
    /// # Errors
    /// A name that is no plain variable's, a line break in the value, or both too long.
    pub fn set_variable(name: &str, value: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SET VARIABLE")
            .quoted(check_variable_name(name)?)?
            .quoted(value)?
            .build()
    }

    /// `GET VARIABLE` of a function that we know, such as `DIALPLAN_EXISTS`, with its arguments as the function splits
    /// them. Only the arguments may come from outside, and not unchecked: a `)` or `,` in them means something. Not for
    /// names from outside: SHELL and FILE are functions too, and `live_dangerously = no` does not hold for AGI.
    ///
    /// # Errors
    /// A line break in the arguments, or too many of them.
    pub fn get_function(function: &'static str, arguments: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("GET VARIABLE").quoted(&format!("{function}({arguments})"))?.build()
    }

    /// `SET CONTEXT`: where the dialplan goes on. Not checked by Asterisk: a context that is not there ends the call
    /// (`handle_setcontext`).
    ///
    /// # Errors
    /// A line break in the context, or one that is too long.
    pub fn set_context(context: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SET CONTEXT").quoted(context)?.build()
    }

    /// `SET EXTENSION`: where the dialplan goes on. Alone it goes on at the *next* priority there (`handle_setextension`).
    ///
    /// # Errors
    /// A line break in the extension, or one that is too long.
    pub fn set_extension(extension: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SET EXTENSION").quoted(extension)?.build()
    }

    /// `SET PRIORITY`: where the dialplan goes on, by number or label; 520 where there is no such label
    /// (`handle_setpriority`).
    ///
    /// # Errors
    /// A line break in the priority, or one that is too long.
    pub fn set_priority(priority: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SET PRIORITY").quoted(priority)?.build()
    }

    /// `EXEC`: the application's result, or `-2` where there is no such application (`handle_exec`).
    ///
    /// The application splits its argument at commas, and Asterisk evaluates `${…}` in it when AGIEXECFULL is set: it
    /// must be checked for both when it is not ours.
    ///
    /// # Errors
    /// A line break in the argument, or one that is too long.
    pub fn exec(application: &'static str, argument: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("EXEC").unquoted(application).quoted(argument)?.build()
    }

    /// The line with its newline.
    pub fn as_bytes(&self) -> &[u8] {
        &self.line
    }

    /// The same, to be sent.
    pub(super) fn into_bytes(self) -> Bytes {
        self.line
    }

    /// What the command does, for logs: its first words without any argument.
    pub fn verb(&self) -> &'static str {
        self.verb
    }

    fn from_static(verb: &'static str, line: &'static str) -> Self {
        Self { verb, line: Bytes::from_static(line.as_bytes()) }
    }
}

/// Arguments may be a PIN: only the verb is shown.
impl fmt::Debug for AgiCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({})", self.verb)
    }
}

/// A value that [`AgiCommand::set_variable`] can send.
#[derive(Clone, PartialEq, Eq)]
pub struct AgiFittedValue<'a> {
    /// The value, or what could be kept of it.
    pub value: Cow<'a, str>,
    /// Whether its end is missing.
    pub truncated: bool,
}

/// Makes a value sendable as the variable's: carriage returns, line feeds and NULs become spaces, and the end is cut
/// off, between two characters, where the line would be too long.
pub fn fit_variable<'a>(name: &str, value: &'a str) -> AgiFittedValue<'a> {
    let around = r#"SET VARIABLE "" """#.len() + 1 + quote::quoted_len(name);
    let whole = quote::replace_line_breaks(value);
    let kept =
        quote::truncate_to_quoted_len(&whole, MAX_COMMAND_BYTES.saturating_sub(around)).len();
    let cut = kept < value.len();
    let value = match whole {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..kept]),
        Cow::Owned(text) => Cow::Owned(text[..kept].to_owned()),
    };
    AgiFittedValue { value, truncated: cut }
}

/// A time in milliseconds, rounded up.
fn milliseconds(time: Duration) -> u128 {
    time.as_nanos().div_ceil(1_000_000).clamp(1, MAX_MILLISECONDS)
}

/// The time in whole seconds, within [`MAX_MILLISECONDS`].
fn seconds(time: Duration) -> u128 {
    u128::from(whole_seconds(time)).min(MAX_MILLISECONDS / 1_000)
}

/// A name that Asterisk reads no function, expression or other variable into.
fn check_variable_name(name: &str) -> Result<&str, AgiCommandError> {
    is_variable_name(name).then_some(name).ok_or(AgiCommandError::InvalidVariableName)
}

/// Most commands are shorter: they are made in one piece of memory.
const TYPICAL_BYTES: usize = 128;

/// A command in the making.
struct AgiCommandBuilder {
    verb: &'static str,
    text: String,
}

impl AgiCommandBuilder {
    fn new(verb: &'static str) -> Self {
        let mut text = String::with_capacity(TYPICAL_BYTES);
        text.push_str(verb);
        Self { verb, text }
    }

    /// A word of ours.
    fn unquoted(mut self, word: impl fmt::Display) -> Self {
        let written = write!(self.text, " {word}");
        debug_assert_eq!(written, Ok(()), "a `String` takes all");
        self
    }

    fn quoted(mut self, text: &str) -> Result<Self, AgiCommandError> {
        self.text.push(' ');
        quote::quote(&mut self.text, text)?;
        Ok(self)
    }

    /// The keys that end what the command does.
    fn escape_digits(self, keys: &str) -> Result<Self, AgiCommandError> {
        match keys.chars().find(|&key| !is_dtmf_key(key)) {
            Some(strange) => Err(AgiCommandError::InvalidKey(strange)),
            None => self.quoted(keys),
        }
    }

    fn build(self) -> Result<AgiCommand, AgiCommandError> {
        let bytes = self.text.len() + 1;
        if bytes > MAX_COMMAND_BYTES {
            Err(AgiCommandError::TooLong(bytes))
        } else {
            Ok(self.build_unchecked())
        }
    }

    fn build_unchecked(mut self) -> AgiCommand {
        self.text.push('\n');
        AgiCommand { verb: self.verb, line: Bytes::from(self.text) }
    }
}
