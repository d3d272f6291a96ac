//! The commands.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::words::{Verb, words};
use super::{AgiStatus, Asterisk, Line};
use crate::fake::phone::{Act, Happening, at};
use crate::fake::sound::Length;

const UNKNOWN: &str = "510 Invalid or unknown command";
const DEAD: &str = "511 Command Not Permitted on a dead channel or intercept routine";
const ALL_KEYS: &str = "0123456789*#ABCD";
/// Most bytes of a value that GET VARIABLE answers with.
const MOST_OF_A_VALUE: usize = 1023;

/// What a question was doing last: it may be made of several commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    None,
    /// A prompt that listened, and whether a key ended it.
    Prompt(bool),
    /// A wait, and whether its time ran out.
    Wait(bool),
}

/// What ended a command that takes time.
enum End {
    Key(char),
    Over,
    HungUp,
    /// Another command, or the end of the connection.
    Command,
}

/// What is answered; `None` is silence.
type Reply = Option<String>;

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
        let listens = matches!(verb, Verb::StreamFile | Verb::WaitForDigit);
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

    /// `handle_streamfile`: another command ends it, and then it does not answer.
    async fn stream(&mut self, name: &str, keys: &str, offset: u64) -> io::Result<Reply> {
        let Some(length) = self.sounds.length(name) else { return Ok(self.missing(name)) };
        let begins = offset.min(length.samples);
        let lasts = length.time(length.samples - begins);
        let began = Instant::now();
        self.phone.hears(name, lasts);
        self.prompt(keys, offset);
        let end = self.listen(keys, Some(began + lasts)).await?;
        self.question = match keys {
            "" => Question::None,
            _ => Question::Prompt(matches!(end, End::Key(_))),
        };
        self.phone.heard(matches!(end, End::Over));
        self.leg.set("PLAYBACKSTATUS", if matches!(end, End::Over) { "SUCCESS" } else { "FAILED" });
        let heard = (begins + length.samples_in(began.elapsed())).min(length.samples);
        Ok(played(&end, heard, length))
    }

    /// A missing file marks the whole session.
    fn missing(&mut self, name: &str) -> Reply {
        self.phone.tell(Happening::Missing { sound: name.to_owned() });
        self.leg.set("PLAYBACKSTATUS", "FAILED");
        self.status = AgiStatus::Failure;
        Some("200 result=-1 endpos=0".to_owned())
    }

    fn prompt(&mut self, keys: &str, offset: u64) {
        let anew = match self.question {
            Question::None | Question::Wait(_) => true,
            Question::Prompt(key) => key && offset == 0,
        };
        match keys {
            "" => self.phone.is_not_asked(),
            _ => self.phone.is_asked(anew),
        }
    }

    /// `handle_waitfordigit`: another command ends it, and it always answers.
    async fn wait(&mut self, milliseconds: i64) -> io::Result<Reply> {
        let time = u64::try_from(milliseconds).ok().map(Duration::from_millis);
        self.phone.is_asked(match self.question {
            Question::None => true,
            Question::Prompt(_) => false,
            Question::Wait(ran_out) => ran_out,
        });
        let end = self.listen(ALL_KEYS, time.map(|time| Instant::now() + time)).await?;
        self.question = Question::Wait(matches!(end, End::Over));
        Ok(result(match end {
            End::Key(key) => u32::from(key).into(),
            End::Over => 0,
            End::HungUp => -1,
            End::Command => 1,
        }))
    }

    async fn listen(&mut self, keys: &str, until: Option<Instant>) -> io::Result<End> {
        let end = loop {
            tokio::select! {
                biased;
                arrived = self.wire.arrives() => {
                    arrived?;
                    break End::Command;
                }
                act = self.phone.acts() => match act {
                    Act::Key(key) if keys.contains(key) => {
                        self.phone.tell(Happening::Presses(key));
                        break End::Key(key);
                    }
                    Act::Key(key) => self.phone.tell(Happening::KeyLost(key)),
                    Act::HangUp => {
                        self.hung_up();
                        break End::HungUp;
                    }
                },
                () = at(until) => break End::Over,
            }
        };
        self.phone.is_not_asked();
        Ok(end)
    }
}

fn played(end: &End, heard: u64, length: Length) -> Reply {
    let (result, endpos) = match end {
        End::Key(key) => (i64::from(u32::from(*key)), heard),
        End::Over => (0, length.samples),
        End::HungUp => (-1, heard),
        End::Command => return None,
    };
    Some(format!("200 result={result} endpos={endpos}"))
}

fn result(number: i64) -> Reply {
    Some(format!("200 result={number}"))
}

fn usage(verb: Verb) -> Reply {
    let usage = verb.usage();
    Some(format!(
        "520-Invalid command syntax.  Proper usage follows:\n{usage}\n520 End of proper usage."
    ))
}
