//! Commands to Asterisk.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::quote::AgiCommandError;
use crate::channel::KeySet;
use crate::wire::is_variable_name;

mod builder;
mod variables;

use builder::{AgiCommandBuilder, milliseconds, seconds};
use variables::is_literal_in_array;
pub use variables::{AgiFittedValue, count_settable_together, fit_variable};

/// The name by which `SET VARIABLE`, also by `ARRAY`, sets the language of the channel: a name in this form is that of
/// a function (`pbx_builtin_setvar_helper` in `main/pbx_variables.c`).
pub(super) const CHANNEL_LANGUAGE: &str = "CHANNEL(language)";

/// One command line with its newline, ready to send. It has at most
/// [`MAX_COMMAND_BYTES`](super::quote::MAX_COMMAND_BYTES), and all text from outside in it is quoted.
///
/// The constructors fail with an [`AgiCommandError`] if an argument contains a line break, or if the line is
/// too long.
#[derive(Clone, PartialEq, Eq)]
pub struct AgiCommand {
    verb: &'static str,
    line: Bytes,
}

impl AgiCommandBuilder {
    fn build(self) -> Result<AgiCommand, AgiCommandError> {
        let (verb, line) = self.into_line()?;
        Ok(AgiCommand { verb, line })
    }

    fn build_unchecked(self) -> AgiCommand {
        let (verb, line) = self.into_line_unchecked();
        AgiCommand { verb, line }
    }
}

impl AgiCommand {
    /// `ANSWER`: picks up the call. Replies `0`, also if it is picked up already. Takes up to half a second, since it
    /// waits for audio.
    pub fn answer() -> Self {
        Self::from_static("ANSWER", "ANSWER\n")
    }

    /// `CHANNEL STATUS`: replies `6` if the channel is picked up, and 511 if it is hung up.
    pub fn channel_status() -> Self {
        Self::from_static("CHANNEL STATUS", "CHANNEL STATUS\n")
    }

    /// `NOOP`: replies `0`, also if the channel is hung up.
    pub fn noop() -> Self {
        Self::from_static("NOOP", "NOOP\n")
    }

    /// `failure`: ends the session with `AGISTATUS=FAILURE` and without a reply (`run_agi`).
    pub fn failure() -> Self {
        Self::from_static("failure", "failure\n")
    }

    /// `STREAM FILE`: plays a file from `offset` (in samples) until its end or one of the keys. The name has no
    /// extension.
    ///
    /// Replies `0`, the key's code, or `-1` for a hang-up and for a missing file. A missing file also sets AGISTATUS to
    /// FAILURE for the whole session (`handle_streamfile`).
    pub fn stream_file(
        name: &str,
        escape_digits: KeySet,
        offset: Option<u64>,
    ) -> Result<Self, AgiCommandError> {
        let mut line =
            AgiCommandBuilder::new("STREAM FILE").quoted(name)?.escape_digits(escape_digits);
        if let Some(samples) = offset {
            line = line.unquoted(samples);
        }
        line.build()
    }

    /// `SAY DIGITS`: says the digits one by one until one of the keys.
    ///
    /// Replies `0`, the key's code, or `-1` for a hang-up and for a missing sound. Another command does not interrupt
    /// it, and the reply does not tell which digits were said (`handle_saydigits`).
    ///
    /// # Errors
    ///
    /// [`AgiCommandError::NotDigits`] for an empty text and for other characters than digits.
    pub fn say_digits(digits: &str, escape_digits: KeySet) -> Result<Self, AgiCommandError> {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AgiCommandError::NotDigits);
        }
        AgiCommandBuilder::new("SAY DIGITS").quoted(digits)?.escape_digits(escape_digits).build()
    }

    /// `SAY ALPHA`: like `SAY DIGITS`, for letters, digits and some other characters. Characters without a sound are
    /// skipped (`handle_sayalpha`, `ast_get_character_str`).
    pub fn say_alpha(letters: &str, escape_digits: KeySet) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SAY ALPHA").quoted(letters)?.escape_digits(escape_digits).build()
    }

    /// `SAY DATETIME`: like `SAY DIGITS`, for what `format` names of a time in seconds since 1970, in UTC. The letters
    /// of the format are those of `voicemail.conf`: `A` is the weekday, `I` the hour of 12 (`handle_saydatetime`,
    /// `ast_say_date_with_format`).
    pub fn say_datetime(
        seconds: i64,
        format: &'static str,
        escape_digits: KeySet,
    ) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SAY DATETIME")
            .unquoted(seconds)
            .escape_digits(escape_digits)
            .unquoted(format)
            .unquoted("UTC")
            .build()
    }

    /// `RECORD FILE`: records a WAV file until a key, `end_silence` or `max_duration`. The name has no extension.
    /// Another command does not interrupt it (`handle_recordfile`).
    ///
    /// `max_duration` is sent in milliseconds and is at least 1, since a negative one means no limit. `end_silence` is
    /// sent in seconds, rounded up, and is at least 1, since 0 means no limit.
    pub fn record_file(
        name: &str,
        escape_digits: KeySet,
        max_duration: Duration,
        end_silence: Duration,
    ) -> Result<Self, AgiCommandError> {
        let line = AgiCommandBuilder::new("RECORD FILE")
            .quoted(name)?
            .unquoted("wav")
            .escape_digits(escape_digits);
        line.unquoted(milliseconds(max_duration))
            .unquoted(format_args!("s={}", seconds(end_silence)))
            .build()
    }

    /// `SPEECH CREATE`: loads a speech engine; an empty name is the default one. Replies `1`, or `0` if there is no
    /// such engine (`handle_speechcreate`).
    pub fn speech_create(engine: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SPEECH CREATE").quoted(engine)?.build()
    }

    /// `SPEECH LOAD GRAMMAR`: replies `1`, or `0` if the engine rejects the grammar (`handle_speechloadgrammar`).
    pub fn speech_load_grammar(name: &str, path: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SPEECH LOAD GRAMMAR").quoted(name)?.quoted(path)?.build()
    }

    /// `SPEECH ACTIVATE GRAMMAR`: replies `1`, or `0` if the engine rejects the grammar
    /// (`handle_speechactivategrammar`).
    pub fn speech_activate_grammar(name: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SPEECH ACTIVATE GRAMMAR").quoted(name)?.build()
    }

    /// `SPEECH RECOGNIZE`: plays a file and listens until the engine has recognized something, a key is pressed, or
    /// `timeout` has passed since the end of the file. The file name has no extension. Another command does not
    /// interrupt it (`handle_speechrecognize`).
    ///
    /// The timeout is sent in seconds, rounded up, and is at least 1, since 0 means no limit.
    pub fn speech_recognize(prompt: &str, timeout: Duration) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SPEECH RECOGNIZE")
            .quoted(prompt)?
            .unquoted(seconds(timeout))
            .build()
    }

    /// `SPEECH DESTROY`: unloads the engine. Also works after a hang-up (`handle_speechdestroy`).
    pub fn speech_destroy() -> Self {
        Self::from_static("SPEECH DESTROY", "SPEECH DESTROY\n")
    }

    /// `WAIT FOR DIGIT`: replies the key's code, `0` after the timeout, or `-1` for a hang-up. If another command
    /// interrupts it, it replies `1` (`handle_waitfordigit`).
    ///
    /// The timeout is sent in milliseconds, rounded up, and is at least 1 and at most 24 days.
    pub fn wait_for_digit(timeout: Duration) -> Self {
        AgiCommandBuilder::new("WAIT FOR DIGIT").unquoted(milliseconds(timeout)).build_unchecked()
    }

    /// `SET MUSIC ON` with a class, or `SET MUSIC OFF`. Replies at once. For an unknown class the default class is
    /// played. Playing any file stops the music, which does not start again (`handle_setmusic`).
    pub fn set_music(class: Option<&str>) -> Result<Self, AgiCommandError> {
        match class {
            Some(class) => {
                AgiCommandBuilder::new("SET MUSIC").unquoted("ON").quoted(class)?.build()
            }
            None => Ok(Self::from_static("SET MUSIC", "SET MUSIC OFF\n")),
        }
    }

    /// `SET VARIABLE`: replies `1`, also after a hang-up. Asterisk does not evaluate the value (`handle_setvariable`).
    /// [`fit_variable`] changes any text so that it can be sent as a value.
    ///
    /// # Errors
    ///
    /// Also [`AgiCommandError::InvalidVariableName`].
    pub fn set_variable(name: &str, value: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SET VARIABLE")
            .quoted(check_variable_name(name)?)?
            .quoted(value)?
            .build()
    }

    /// `SET VARIABLE` of one variable, or of several by the function `ARRAY`, which sets them in their order. An
    /// Asterisk without that function sets nothing, and replies `1` all the same.
    ///
    /// # Errors
    ///
    /// Also [`AgiCommandError::NotLiteral`], if there are several variables and `ARRAY` would read a value otherwise.
    /// [`count_settable_together`] tells how many can be set by one command.
    pub fn set_variables(variables: &[(&str, Cow<'_, str>)]) -> Result<Self, AgiCommandError> {
        if let [(name, value)] = variables {
            return Self::set_variable(name, value);
        }
        let (mut names, mut values) = (String::from("ARRAY("), String::new());
        for (number, (name, value)) in variables.iter().enumerate() {
            if !is_literal_in_array(value) {
                return Err(AgiCommandError::NotLiteral);
            }
            let comma = if number == 0 { "" } else { "," };
            names.extend([comma, check_variable_name(name)?]);
            values.extend([comma, value]);
        }
        names.push(')');
        AgiCommandBuilder::new("SET VARIABLE").quoted(&names)?.quoted(&values)?.build()
    }

    /// `GET VARIABLE` of a dialplan function such as `DIALPLAN_EXISTS`. Replies `1` with the value in parentheses.
    ///
    /// The function splits its arguments, so a `)` or `,` in them has a meaning: arguments from outside must be
    /// checked. The function's name must never come from outside: SHELL and FILE are functions too, and
    /// `live_dangerously = no` does not apply to AGI.
    pub fn get_function(function: &'static str, arguments: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("GET VARIABLE").quoted(&format!("{function}({arguments})"))?.build()
    }

    /// `SET CONTEXT`: the context in which the dialplan continues. Asterisk does not check it: an unknown context ends
    /// the call (`handle_setcontext`).
    pub fn set_context(context: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SET CONTEXT").quoted(context)?.build()
    }

    /// `SET EXTENSION`: the extension at which the dialplan continues. Without a `SET PRIORITY` it continues there at
    /// the *next* priority, not at the first (`handle_setextension`).
    pub fn set_extension(extension: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SET EXTENSION").quoted(extension)?.build()
    }

    /// `SET PRIORITY`: the priority at which the dialplan continues, a number or a label. Replies 520 for an unknown
    /// label (`handle_setpriority`).
    pub fn set_priority(priority: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("SET PRIORITY").quoted(priority)?.build()
    }

    /// `EXEC`: executes an application. Replies its result, or `-2` if there is no such application (`handle_exec`).
    ///
    /// The application splits its argument at commas, and Asterisk evaluates `${…}` in it if AGIEXECFULL is set. An
    /// argument from outside must be checked for both.
    pub fn exec(application: &'static str, argument: &str) -> Result<Self, AgiCommandError> {
        AgiCommandBuilder::new("EXEC").unquoted(application).quoted(argument)?.build()
    }

    /// Whether Asterisk executes the command only on a channel that is not hung up, and answers with 511 otherwise (the
    /// field `dead` in the table `commands`).
    pub(super) fn needs_live_channel(&self) -> bool {
        let works_after_hangup = ["NOOP", "SET VARIABLE", "GET VARIABLE", "EXEC", "SPEECH DESTROY"];
        !works_after_hangup.contains(&self.verb)
    }

    /// The line with its newline.
    pub fn as_bytes(&self) -> &[u8] {
        &self.line
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.line
    }

    /// The name of the command without its arguments, for logs.
    pub fn verb(&self) -> &'static str {
        self.verb
    }

    fn from_static(verb: &'static str, line: &'static str) -> Self {
        Self { verb, line: Bytes::from_static(line.as_bytes()) }
    }
}

/// Arguments may be a PIN, so only the name of the command is shown.
impl fmt::Debug for AgiCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgiCommand({})", self.verb)
    }
}

/// Asterisk would evaluate functions, expressions and other variables in other names.
fn check_variable_name(name: &str) -> Result<&str, AgiCommandError> {
    (is_variable_name(name) || name == CHANNEL_LANGUAGE)
        .then_some(name)
        .ok_or(AgiCommandError::InvalidVariableName)
}
