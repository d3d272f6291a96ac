//! Runs the AGI commands and replies to them.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

use super::parse::{FakeAgiCommand, split_words};
use super::question::FakeAgiQuestion;
use super::record::FakeRecordOptions;
use super::reply::{DEAD_CHANNEL, FakeAgiReply, UNKNOWN_COMMAND, result_reply, usage_reply};
use super::{FakeAsterisk, FakeLineState};
use crate::fake::phone::CallEvent;

/// The maximum length of a value that GET VARIABLE returns (`handle_getvariable`).
const MAX_VALUE_BYTES: usize = 1023;

impl<S: AsyncRead + AsyncWrite + Unpin> FakeAsterisk<S> {
    /// `agi_handle_command`.
    pub(super) async fn handle_command(&mut self, line: &str) -> io::Result<()> {
        let words = split_words(line);
        let reply = match FakeAgiCommand::parse(&words) {
            None => Some(UNKNOWN_COMMAND.to_owned()),
            Some((command, _))
                if self.line_state == FakeLineState::HungUp && !command.allowed_after_hangup() =>
            {
                Some(DEAD_CHANNEL.to_owned())
            }
            Some((command, arguments)) => self.run_command(command, arguments).await?,
        };
        match reply {
            Some(reply) => self.stream.send(&reply).await,
            None => Ok(()),
        }
    }

    async fn run_command(
        &mut self,
        command: FakeAgiCommand,
        arguments: &[String],
    ) -> io::Result<FakeAgiReply> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        if !command.takes_keys() {
            self.question = FakeAgiQuestion::None;
        }
        Ok(match (command, &*arguments) {
            (FakeAgiCommand::StreamFile, [name, keys]) => self.stream_file(name, keys, 0).await?,
            (FakeAgiCommand::StreamFile, [name, keys, offset]) => match offset.parse() {
                Ok(offset) => self.stream_file(name, keys, offset).await?,
                Err(_) => usage_reply(command),
            },
            (FakeAgiCommand::WaitForDigit, [time]) => match time.parse() {
                Ok(milliseconds) => self.wait_for_digit(milliseconds).await?,
                Err(_) => usage_reply(command),
            },
            (
                FakeAgiCommand::SayDigits | FakeAgiCommand::SayAlpha | FakeAgiCommand::SayDateTime,
                arguments,
            ) => self.say_command(command, arguments).await,
            (FakeAgiCommand::RecordFile, [name, format, terminators, time, rest @ ..]) => {
                match time.parse() {
                    Ok(max_ms) => {
                        let silence = rest.iter().find_map(|word| word.strip_prefix("s="));
                        let max_silence_s = silence.and_then(|seconds| seconds.parse().ok());
                        let options =
                            FakeRecordOptions { name, format, terminators, max_ms, max_silence_s };
                        self.record_file(&options).await?
                    }
                    Err(_) => usage_reply(command),
                }
            }
            _ => self.run_immediate_command(command, &arguments),
        })
    }

    async fn say_command(&mut self, command: FakeAgiCommand, arguments: &[&str]) -> FakeAgiReply {
        match (command, arguments) {
            (FakeAgiCommand::SayDigits, [digits, keys]) if starts_with_number(digits) => {
                self.say_characters("digits", digits, keys).await
            }
            (FakeAgiCommand::SayAlpha, [letters, keys]) => {
                self.say_characters("letters", letters, keys).await
            }
            (FakeAgiCommand::SayDateTime, [time, keys, format, zone])
                if starts_with_number(time) =>
            {
                self.say_datetime(time, keys, format, zone).await
            }
            _ => usage_reply(command),
        }
    }

    fn run_immediate_command(
        &mut self,
        command: FakeAgiCommand,
        arguments: &[&str],
    ) -> FakeAgiReply {
        match (command, arguments) {
            (FakeAgiCommand::Answer, _) => self.answer(),
            (FakeAgiCommand::ChannelStatus, []) => {
                result_reply(if self.line_state == FakeLineState::Up { 6 } else { 4 })
            }
            (FakeAgiCommand::Hangup, []) => {
                self.hang_up(0);
                result_reply(1)
            }
            (FakeAgiCommand::ChannelStatus | FakeAgiCommand::Hangup, _) => result_reply(-1),
            (FakeAgiCommand::Noop, _) => result_reply(0),
            // There is no speech engine.
            (FakeAgiCommand::Speech | FakeAgiCommand::SpeechDestroy, _) => result_reply(0),
            (FakeAgiCommand::Verbose, [_, ..]) => result_reply(1),
            (FakeAgiCommand::SetMusic, [switch, class @ ..]) => self.set_music(switch, class),
            (FakeAgiCommand::SetVariable, [name, value]) => self.set_variable(name, value),
            (FakeAgiCommand::GetVariable, [name]) => self.get_variable(name),
            (FakeAgiCommand::Exec, [application, options @ ..]) => self.exec(application, options),
            (FakeAgiCommand::SetContext, [context]) => {
                self.channel.set_context(context);
                result_reply(0)
            }
            (FakeAgiCommand::SetExtension, [extension]) => {
                self.channel.set_extension(extension);
                result_reply(0)
            }
            (FakeAgiCommand::SetPriority, [priority]) if self.channel.set_priority(priority) => {
                result_reply(0)
            }
            _ => usage_reply(command),
        }
    }

    fn answer(&mut self) -> FakeAgiReply {
        if self.line_state == FakeLineState::Ringing {
            self.line_state = FakeLineState::Up;
            self.phone.pick_up();
        }
        result_reply(0)
    }

    fn hang_up(&mut self, cause: u8) {
        self.phone.hang_up(cause);
        self.mark_hung_up();
    }

    fn set_music(&mut self, switch: &str, class: &[&str]) -> FakeAgiReply {
        if switch.eq_ignore_ascii_case("on") {
            self.phone.start_music(class.first().unwrap_or(&"default"));
        } else if switch.eq_ignore_ascii_case("off") {
            self.phone.stop_music();
        }
        result_reply(0)
    }

    fn set_variable(&mut self, name: &str, value: &str) -> FakeAgiReply {
        for (name, value) in self.channel.assignments(name, value) {
            self.channel.set(&name, &value);
            self.phone.emit(CallEvent::VariableSet { name, value });
        }
        result_reply(1)
    }

    fn get_variable(&self, name: &str) -> FakeAgiReply {
        match self.channel.get(name) {
            Some(value) => {
                let end = value.floor_char_boundary(MAX_VALUE_BYTES);
                Some(format!("200 result=1 ({})", &value[..end]))
            }
            None => result_reply(0),
        }
    }

    /// EXEC. Only the applications `Hangup` and `NoOp` exist.
    fn exec(&mut self, application: &str, options: &[&str]) -> FakeAgiReply {
        match application.to_ascii_lowercase().as_str() {
            "hangup" => {
                self.hang_up(options.first().and_then(|cause| cause.parse().ok()).unwrap_or(0));
                result_reply(-1)
            }
            "noop" => result_reply(0),
            _ => result_reply(-2),
        }
    }
}

/// Whether `sscanf` reads a number at the start of a text.
fn starts_with_number(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    text.starts_with(|char: char| char.is_ascii_digit())
}
