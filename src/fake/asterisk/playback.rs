//! The commands that take time: sounds and waits, and what ends them.

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

/// What ended a command that takes time.
pub(super) enum FakePlaybackEnd {
    Key(char),
    Finished,
    HungUp,
    /// Another command, or the end of the connection.
    Command,
}

impl<S: AsyncRead + AsyncWrite + Unpin> FakeAsterisk<S> {
    /// `handle_streamfile`: another command ends it, and then it does not answer.
    pub(super) async fn stream_file(
        &mut self,
        name: &str,
        keys: &str,
        offset: u64,
    ) -> io::Result<FakeAgiReply> {
        let Some(length) = self.sounds.length(name) else { return Ok(self.sound_missing(name)) };
        let begins = offset.min(length.samples);
        let lasts = length.duration_of(length.samples - begins);
        let began = Instant::now();
        self.phone.sound_started(name, lasts);
        self.announce_question(keys, offset);
        let end = self.wait_for_end(keys, Some(began + lasts)).await?;
        self.question = match asks_for_digits(keys) {
            true => FakeAgiQuestion::Prompt(matches!(end, FakePlaybackEnd::Key(_))),
            false => FakeAgiQuestion::None,
        };
        self.phone.sound_ended(matches!(end, FakePlaybackEnd::Finished));
        self.channel.set(
            "PLAYBACKSTATUS",
            if matches!(end, FakePlaybackEnd::Finished) { "SUCCESS" } else { "FAILED" },
        );
        let heard = (begins + length.samples_in(began.elapsed())).min(length.samples);
        Ok(stream_file_reply(&end, heard, length))
    }

    /// A missing file marks the whole session.
    fn sound_missing(&mut self, name: &str) -> FakeAgiReply {
        self.phone.emit(CallEvent::SoundMissing { sound: name.to_owned() });
        self.channel.set("PLAYBACKSTATUS", "FAILED");
        self.status = AgiStatus::Failure;
        Some("200 result=-1 endpos=0".to_owned())
    }

    /// `say_filenames`: a sound for each sign, and another command ends none of them.
    pub(super) async fn say_characters(
        &mut self,
        folder: &str,
        signs: &str,
        keys: &str,
    ) -> FakeAgiReply {
        let time = |sign: char| {
            let length = self.sounds.length(&format!("{folder}/{}", sign.to_ascii_lowercase()));
            length.map_or(Duration::ZERO, |length| length.duration_of(length.samples))
        };
        let lasts = signs.chars().map(time).sum();
        self.phone.sound_started(&format!("{folder} {signs}"), lasts);
        self.announce_question(keys, 0);
        let end = self.wait_for_key(Instant::now() + lasts, keys).await;
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

    async fn wait_for_key(&mut self, until: Instant, keys: &str) -> FakePlaybackEnd {
        loop {
            tokio::select! {
                biased;
                act = self.phone.next_action() => if let Some(end) = self.end_for_action(act, keys) {
                    return end;
                },
                () = sleep_until_or_forever(Some(until)) => return FakePlaybackEnd::Finished,
            }
        }
    }

    /// Whether what the caller does ends a command that listens for these keys.
    pub(super) fn end_for_action(
        &mut self,
        act: CallerAction,
        keys: &str,
    ) -> Option<FakePlaybackEnd> {
        match act {
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
        let anew = match self.question {
            FakeAgiQuestion::None | FakeAgiQuestion::Wait(_) => true,
            FakeAgiQuestion::Prompt(key) => key && offset == 0,
        };
        match asks_for_digits(keys) {
            true => self.phone.digits_expected(anew),
            false => self.phone.digits_not_expected(),
        }
    }

    /// `handle_waitfordigit`: another command ends it, and it always answers.
    pub(super) async fn wait_for_digit(&mut self, milliseconds: i64) -> io::Result<FakeAgiReply> {
        let time = u64::try_from(milliseconds).ok().map(Duration::from_millis);
        // Beside music nobody feels asked.
        let asks = !self.phone.is_music_playing();
        if asks {
            self.phone.digits_expected(match self.question {
                FakeAgiQuestion::None => true,
                FakeAgiQuestion::Prompt(_) => false,
                FakeAgiQuestion::Wait(ran_out) => ran_out,
            });
        }
        let end = self.wait_for_end(ALL_KEYS, time.map(|time| Instant::now() + time)).await?;
        self.question = match asks {
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
        until: Option<Instant>,
    ) -> io::Result<FakePlaybackEnd> {
        let end = loop {
            tokio::select! {
                biased;
                arrived = self.stream.wait_for_input() => {
                    arrived?;
                    break FakePlaybackEnd::Command;
                }
                act = self.phone.next_action() => if let Some(end) = self.end_for_action(act, keys) {
                    break end;
                },
                () = sleep_until_or_forever(until) => break FakePlaybackEnd::Finished,
            }
        };
        self.phone.digits_not_expected();
        Ok(end)
    }
}

fn stream_file_reply(end: &FakePlaybackEnd, heard: u64, length: SoundLength) -> FakeAgiReply {
    let (result, endpos) = match end {
        FakePlaybackEnd::Key(key) => (i64::from(u32::from(*key)), heard),
        FakePlaybackEnd::Finished => (0, length.samples),
        FakePlaybackEnd::HungUp => (-1, heard),
        FakePlaybackEnd::Command => return None,
    };
    Some(format!("200 result={result} endpos={endpos}"))
}
