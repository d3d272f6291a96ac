//! The commands: what is answered, and when.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

use super::listen::Question;
use super::record::Order;
use super::words::{Verb, words};
use super::{Asterisk, Line};
use crate::fake::phone::Happening;

const UNKNOWN: &str = "510 Invalid or unknown command";
const DEAD: &str = "511 Command Not Permitted on a dead channel or intercept routine";
/// Most bytes of a value that GET VARIABLE answers with.
const MOST_OF_A_VALUE: usize = 1023;

/// What is answered; `None` is silence.
pub(super) type Reply = Option<String>;

impl<S: AsyncRead + AsyncWrite + Unpin> Asterisk<S> {
    /// `agi_handle_command`.
    pub(super) async fn command(&mut self, line: &str) -> io::Result<()> {
        let words = words(line);
        let reply = match Verb::of(&words) {
            None => Some(UNKNOWN.to_owned()),
            Some((verb, _)) if self.line == Line::Gone && !verb.lives_on() => Some(DEAD.to_owned()),
            Some((verb, arguments)) => self.run(verb, arguments).await?,
        };
        match reply {
            Some(reply) => self.wire.say(&reply).await,
            None => Ok(()),
        }
    }

    async fn run(&mut self, verb: Verb, arguments: &[String]) -> io::Result<Reply> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let listens = matches!(
            verb,
            Verb::StreamFile
                | Verb::WaitForDigit
                | Verb::SayDigits
                | Verb::SayAlpha
                | Verb::RecordFile
        );
        if !listens {
            self.question = Question::None;
        }
        Ok(match (verb, &*arguments) {
            (Verb::StreamFile, [name, keys]) => self.stream(name, keys, 0).await?,
            (Verb::StreamFile, [name, keys, offset]) => match offset.parse() {
                Ok(offset) => self.stream(name, keys, offset).await?,
                Err(_) => usage(verb),
            },
            (Verb::WaitForDigit, [time]) => match time.parse() {
                Ok(milliseconds) => self.wait(milliseconds).await?,
                Err(_) => usage(verb),
            },
            (Verb::SayDigits, [digits, keys]) if begins_a_number(digits) => {
                self.say("digits", digits, keys).await
            }
            (Verb::SayAlpha, [letters, keys]) => self.say("letters", letters, keys).await,
            (Verb::RecordFile, [name, format, keys, time, rest @ ..]) => match time.parse() {
                Ok(milliseconds) => {
                    let silence = rest.iter().find_map(|word| word.strip_prefix("s="));
                    let silence = silence.and_then(|seconds| seconds.parse().ok());
                    self.record(&Order { name, format, keys, milliseconds, silence }).await?
                }
                Err(_) => usage(verb),
            },
            _ => self.at_once(verb, &arguments),
        })
    }

    fn at_once(&mut self, verb: Verb, arguments: &[&str]) -> Reply {
        match (verb, arguments) {
            (Verb::Answer, _) => self.answer(),
            (Verb::ChannelStatus, []) => result(if self.line == Line::Up { 6 } else { 4 }),
            (Verb::Hangup, []) => {
                self.hang_up(0);
                result(1)
            }
            (Verb::ChannelStatus | Verb::Hangup, _) => result(-1),
            (Verb::Noop, _) => result(0),
            // It has no engine.
            (Verb::Speech | Verb::SpeechDestroy, _) => result(0),
            (Verb::Verbose, [_, ..]) => result(1),
            (Verb::SetMusic, [switch, class @ ..]) => self.music(switch, class),
            (Verb::SetVariable, [name, value]) => self.set_variable(name, value),
            (Verb::GetVariable, [name]) => self.get_variable(name),
            (Verb::Exec, [application, options @ ..]) => self.exec(application, options),
            (Verb::SetContext, [context]) => {
                self.leg.set_context(context);
                result(0)
            }
            (Verb::SetExtension, [extension]) => {
                self.leg.set_extension(extension);
                result(0)
            }
            (Verb::SetPriority, [priority]) if self.leg.set_priority(priority) => result(0),
            _ => usage(verb),
        }
    }

    fn answer(&mut self) -> Reply {
        if self.line == Line::Ringing {
            self.line = Line::Up;
            self.phone.is_picked_up();
        }
        result(0)
    }

    fn hang_up(&mut self, cause: u8) {
        self.phone.is_hung_up(cause);
        self.hung_up();
    }

    fn music(&mut self, switch: &str, class: &[&str]) -> Reply {
        if switch.eq_ignore_ascii_case("on") {
            self.phone.music_on(class.first().unwrap_or(&"default"));
        } else if switch.eq_ignore_ascii_case("off") {
            self.phone.music_off();
        }
        result(0)
    }

    fn set_variable(&mut self, name: &str, value: &str) -> Reply {
        self.leg.set(name, value);
        self.phone.tell(Happening::Variable { name: name.to_owned(), value: value.to_owned() });
        result(1)
    }

    fn get_variable(&self, name: &str) -> Reply {
        match self.leg.get(name) {
            Some(value) => {
                let cut = value.floor_char_boundary(MOST_OF_A_VALUE);
                Some(format!("200 result=1 ({})", &value[..cut]))
            }
            None => result(0),
        }
    }

    /// The applications that it has are few.
    fn exec(&mut self, application: &str, options: &[&str]) -> Reply {
        match application.to_ascii_lowercase().as_str() {
            "hangup" => {
                self.hang_up(options.first().and_then(|cause| cause.parse().ok()).unwrap_or(0));
                result(-1)
            }
            "noop" => result(0),
            _ => result(-2),
        }
    }
}

/// What `sscanf` takes for a number.
fn begins_a_number(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    text.starts_with(|char: char| char.is_ascii_digit())
}

pub(super) fn result(number: i64) -> Reply {
    Some(format!("200 result={number}"))
}

fn usage(verb: Verb) -> Reply {
    let usage = verb.usage();
    Some(format!(
        "520-Invalid command syntax.  Proper usage follows:\n{usage}\n520 End of proper usage."
    ))
}
