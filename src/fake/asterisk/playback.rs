//! The commands that play sounds or wait for a key.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::question::{ALL_KEYS, FakeAgiQuestion, asks_for_digits};
use super::reply::{FakeAgiReply, result_reply};
use super::{AgiStatus, FakeAsterisk};
use crate::fake::phone::{CallEvent, CallerAction};
use crate::fake::sleep::sleep_until_or_forever;
use crate::fake::sound::SoundLength;

pub(super) enum FakePlaybackEnd {
    Key(char),
    Finished,
    HungUp,
    /// Another command arrived, or the connection ended.
    Command,
}

impl<S: AsyncRead + AsyncWrite + Unpin> FakeAsterisk<S> {
    /// `handle_streamfile`. If another command arrives, this one ends without a reply.
    pub(super) async fn stream_file(
        &mut self,
        name: &str,
        keys: &str,
        offset: u64,
    ) -> io::Result<FakeAgiReply> {
        let Some(length) = self.sounds.length(name) else { return Ok(self.sound_missing(name)) };
        let start = offset.min(length.samples);
        let duration = length.duration_of(length.samples - start);
        let started_at = Instant::now();
        self.phone.sound_started(name, duration);
        self.announce_question(keys, offset);
        let end = self.wait_for_end(keys, Some(started_at + duration)).await?;
        self.question = match asks_for_digits(keys) {
            true => FakeAgiQuestion::Prompt(matches!(end, FakePlaybackEnd::Key(_))),
            false => FakeAgiQuestion::None,
        };
        self.phone.sound_ended(matches!(end, FakePlaybackEnd::Finished));
        self.channel.set(
            "PLAYBACKSTATUS",
            if matches!(end, FakePlaybackEnd::Finished) { "SUCCESS" } else { "FAILED" },
        );
        let played = (start + length.samples_in(started_at.elapsed())).min(length.samples);
        Ok(stream_file_reply(&end, played, length))
    }

    /// After a missing file, `AGI()` ends with the status FAILURE.
    fn sound_missing(&mut self, name: &str) -> FakeAgiReply {
        self.phone.emit(CallEvent::SoundMissing { sound: name.to_owned() });
        self.channel.set("PLAYBACKSTATUS", "FAILED");
        self.status = AgiStatus::Failure;
        Some("200 result=-1 endpos=0".to_owned())
    }

    /// `say_filenames`: plays one sound for each character. A command that arrives in the meantime does not end them.
    pub(super) async fn say_characters(
        &mut self,
        folder: &str,
        characters: &str,
        keys: &str,
    ) -> FakeAgiReply {
        let duration_of = |character: char| {
            let length =
                self.sounds.length(&format!("{folder}/{}", character.to_ascii_lowercase()));
            length.map_or(Duration::ZERO, |length| length.duration_of(length.samples))
        };
        let duration = characters.chars().map(duration_of).sum();
        self.say(&format!("{folder} {characters}"), duration, keys).await
    }

    /// `handle_saydatetime`. Each letter of the format takes as long as a digit.
    pub(super) async fn say_datetime(
        &mut self,
        time: &str,
        keys: &str,
        format: &str,
        zone: &str,
    ) -> FakeAgiReply {
        let digit = self.sounds.length("digits/0");
        let digit = digit.map_or(Duration::ZERO, |length| length.duration_of(length.samples));
        let letters = u32::try_from(format.chars().count()).unwrap_or(u32::MAX);
        self.say(&format!("datetime {time} {format} {zone}"), digit * letters, keys).await
    }

    async fn say(&mut self, sound: &str, duration: Duration, keys: &str) -> FakeAgiReply {
        self.phone.sound_started(sound, duration);
        self.announce_question(keys, 0);
        let end = self.wait_for_key(Instant::now() + duration, keys).await;
        self.phone.digits_not_expected();
        self.phone.sound_ended(matches!(end, FakePlaybackEnd::Finished));
        if !keys.is_empty() {
            self.question = FakeAgiQuestion::Prompt(matches!(end, FakePlaybackEnd::Key(_)));
        }
        result_reply(match end {
            FakePlaybackEnd::Key(key) => u32::from(key).into(),
            FakePlaybackEnd::Finished | FakePlaybackEnd::Command => 0,
            FakePlaybackEnd::HungUp => -1,
        })
    }

    async fn wait_for_key(&mut self, deadline: Instant, keys: &str) -> FakePlaybackEnd {
        loop {
            tokio::select! {
                biased;
                action = self.phone.next_action() => if let Some(end) = self.end_for_action(action, keys) {
                    return end;
                },
                () = sleep_until_or_forever(Some(deadline)) => return FakePlaybackEnd::Finished,
            }
        }
    }

    /// Whether the caller's action ends a command that these keys interrupt.
    pub(super) fn end_for_action(
        &mut self,
        action: CallerAction,
        keys: &str,
    ) -> Option<FakePlaybackEnd> {
        match action {
            CallerAction::Key(key) if keys.contains(key) => {
                self.phone.emit(CallEvent::KeyPressed(key));
                Some(FakePlaybackEnd::Key(key))
            }
            CallerAction::Key(key) => {
                self.phone.emit(CallEvent::KeyLost(key));
                None
            }
            CallerAction::HangUp => {
                self.mark_hung_up();
                Some(FakePlaybackEnd::HungUp)
            }
        }
    }

    pub(super) fn announce_question(&mut self, keys: &str, offset: u64) {
        let is_new = match self.question {
            FakeAgiQuestion::None | FakeAgiQuestion::Wait(_) => true,
            FakeAgiQuestion::Prompt(key) => key && offset == 0,
        };
        match asks_for_digits(keys) {
            true => self.phone.digits_expected(is_new),
            false => self.phone.digits_not_expected(),
        }
    }

    /// `handle_waitfordigit`. If another command arrives, this one ends with a reply.
    pub(super) async fn wait_for_digit(&mut self, milliseconds: i64) -> io::Result<FakeAgiReply> {
        let timeout = u64::try_from(milliseconds).ok().map(Duration::from_millis);
        // A wait during music on hold is not a question to the caller.
        let asks_for_key = !self.phone.is_music_playing();
        if asks_for_key {
            self.phone.digits_expected(match self.question {
                FakeAgiQuestion::None => true,
                FakeAgiQuestion::Prompt(_) => false,
                FakeAgiQuestion::Wait(ran_out) => ran_out,
            });
        }
        let end =
            self.wait_for_end(ALL_KEYS, timeout.map(|timeout| Instant::now() + timeout)).await?;
        self.question = match asks_for_key {
            true => FakeAgiQuestion::Wait(matches!(end, FakePlaybackEnd::Finished)),
            false => FakeAgiQuestion::None,
        };
        Ok(result_reply(match end {
            FakePlaybackEnd::Key(key) => u32::from(key).into(),
            FakePlaybackEnd::Finished => 0,
            FakePlaybackEnd::HungUp => -1,
            FakePlaybackEnd::Command => 1,
        }))
    }

    async fn wait_for_end(
        &mut self,
        keys: &str,
        deadline: Option<Instant>,
    ) -> io::Result<FakePlaybackEnd> {
        let end = loop {
            tokio::select! {
                biased;
                arrived = self.stream.wait_for_input() => {
                    arrived?;
                    break FakePlaybackEnd::Command;
                }
                action = self.phone.next_action() => if let Some(end) = self.end_for_action(action, keys) {
                    break end;
                },
                () = sleep_until_or_forever(deadline) => break FakePlaybackEnd::Finished,
            }
        };
        self.phone.digits_not_expected();
        Ok(end)
    }
}

fn stream_file_reply(end: &FakePlaybackEnd, played: u64, length: SoundLength) -> FakeAgiReply {
    let (result, endpos) = match end {
        FakePlaybackEnd::Key(key) => (i64::from(u32::from(*key)), played),
        FakePlaybackEnd::Finished => (0, length.samples),
        FakePlaybackEnd::HungUp => (-1, played),
        FakePlaybackEnd::Command => return None,
    };
    Some(format!("200 result={result} endpos={endpos}"))
}
