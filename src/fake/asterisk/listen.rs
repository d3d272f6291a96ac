//! The commands that take time: sounds and waits, and what ends them.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::run::{Reply, result};
use super::{AgiStatus, Asterisk};
use crate::fake::phone::{Act, Happening, at};
use crate::fake::sound::Length;

const ALL_KEYS: &str = "0123456789*#ABCD";

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
pub(super) enum End {
    Key(char),
    Over,
    HungUp,
    /// Another command, or the end of the connection.
    Command,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Asterisk<S> {
    /// `handle_streamfile`: another command ends it, and then it does not answer.
    pub(super) async fn stream(
        &mut self,
        name: &str,
        keys: &str,
        offset: u64,
    ) -> io::Result<Reply> {
        let Some(length) = self.sounds.length(name) else { return Ok(self.missing(name)) };
        let begins = offset.min(length.samples);
        let lasts = length.time(length.samples - begins);
        let began = Instant::now();
        self.phone.hears(name, lasts);
        self.prompt(keys, offset);
        let end = self.listen(keys, Some(began + lasts)).await?;
        self.question = match is_question(keys) {
            true => Question::Prompt(matches!(end, End::Key(_))),
            false => Question::None,
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

    /// `say_filenames`: a sound for each sign, and another command ends none of them.
    pub(super) async fn say(&mut self, folder: &str, signs: &str, keys: &str) -> Reply {
        let time = |sign: char| {
            let length = self.sounds.length(&format!("{folder}/{}", sign.to_ascii_lowercase()));
            length.map_or(Duration::ZERO, |length| length.time(length.samples))
        };
        let lasts = signs.chars().map(time).sum();
        self.phone.hears(&format!("{folder} {signs}"), lasts);
        self.prompt(keys, 0);
        let end = self.says_until(Instant::now() + lasts, keys).await;
        self.phone.is_not_asked();
        self.phone.heard(matches!(end, End::Over));
        if !keys.is_empty() {
            self.question = Question::Prompt(matches!(end, End::Key(_)));
        }
        result(match end {
            End::Key(key) => u32::from(key).into(),
            End::Over | End::Command => 0,
            End::HungUp => -1,
        })
    }

    async fn says_until(&mut self, until: Instant, keys: &str) -> End {
        loop {
            tokio::select! {
                biased;
                act = self.phone.acts() => if let Some(end) = self.listens(act, keys) {
                    return end;
                },
                () = at(Some(until)) => return End::Over,
            }
        }
    }

    /// Whether what the caller does ends a command that listens for these keys.
    pub(super) fn listens(&mut self, act: Act, keys: &str) -> Option<End> {
        match act {
            Act::Key(key) if keys.contains(key) => {
                self.phone.tell(Happening::Presses(key));
                Some(End::Key(key))
            }
            Act::Key(key) => {
                self.phone.tell(Happening::KeyLost(key));
                None
            }
            Act::HangUp => {
                self.hung_up();
                Some(End::HungUp)
            }
        }
    }

    pub(super) fn prompt(&mut self, keys: &str, offset: u64) {
        let anew = match self.question {
            Question::None | Question::Wait(_) => true,
            Question::Prompt(key) => key && offset == 0,
        };
        match is_question(keys) {
            true => self.phone.is_asked(anew),
            false => self.phone.is_not_asked(),
        }
    }

    /// `handle_waitfordigit`: another command ends it, and it always answers.
    pub(super) async fn wait(&mut self, milliseconds: i64) -> io::Result<Reply> {
        let time = u64::try_from(milliseconds).ok().map(Duration::from_millis);
        // Beside music nobody feels asked.
        let asks = !self.phone.hears_music();
        if asks {
            self.phone.is_asked(match self.question {
                Question::None => true,
                Question::Prompt(_) => false,
                Question::Wait(ran_out) => ran_out,
            });
        }
        let end = self.listen(ALL_KEYS, time.map(|time| Instant::now() + time)).await?;
        self.question = match asks {
            true => Question::Wait(matches!(end, End::Over)),
            false => Question::None,
        };
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
                act = self.phone.acts() => if let Some(end) = self.listens(act, keys) {
                    break end;
                },
                () = at(until) => break End::Over,
            }
        };
        self.phone.is_not_asked();
        Ok(end)
    }
}

/// A sound that takes every key there is asks nothing: it keeps what comes.
fn is_question(keys: &str) -> bool {
    !keys.is_empty() && !ALL_KEYS.chars().all(|key| keys.contains(key))
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
