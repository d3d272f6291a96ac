//! RECORD FILE: what ends it, and what is in the file then.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::playback::FakePlaybackEnd;
use super::question::FakeAgiQuestion;
use super::reply::FakeAgiReply;
use super::{AgiStatus, FakeAsterisk};
use crate::fake::phone::CallEvent;
use crate::fake::recording::FakeRecording;
use crate::fake::sleep::sleep_until_or_forever;

/// A frame of sound: silence ends a recording with the first one beyond it.
const FRAME_DURATION: Duration = Duration::from_millis(20);
/// What is cut off before a key.
const TRIMMED_BEFORE_KEY: Duration = Duration::from_millis(200);
/// What is left of the silence that ended a recording.
const REMAINING_SILENCE: Duration = Duration::from_secs(1);

/// The arguments of RECORD FILE.
pub(super) struct FakeRecordOptions<'a> {
    pub(super) name: &'a str,
    pub(super) format: &'a str,
    pub(super) terminators: &'a str,
    pub(super) max_ms: u64,
    /// `s=N`
    pub(super) max_silence_s: Option<u64>,
}

enum FakeRecordEnd {
    Key(char),
    Silence,
    MaxDuration,
    HungUp,
}

impl<S: AsyncRead + AsyncWrite + Unpin> FakeAsterisk<S> {
    /// `handle_recordfile`: another command does not end it.
    pub(super) async fn record_file(
        &mut self,
        order: &FakeRecordOptions<'_>,
    ) -> io::Result<FakeAgiReply> {
        let file = PathBuf::from(format!("{}.{}", order.name, order.format));
        if order.format != "wav" || std::fs::write(&file, "").is_err() {
            self.status = AgiStatus::Failure;
            return Ok(Some("200 result=-1 (writefile)".to_owned()));
        }
        let mut recording = FakeRecording::start(Instant::now());
        self.phone.recording_started();
        self.announce_question(order.terminators, 0);
        let end = self.run_recording(order, &mut recording).await;
        self.phone.digits_not_expected();
        self.question = FakeAgiQuestion::Prompt(matches!(end, FakeRecordEnd::Key(_)));
        self.finish_recording(order, &recording, &end, &file)
    }

    async fn run_recording(
        &mut self,
        order: &FakeRecordOptions<'_>,
        recording: &mut FakeRecording,
    ) -> FakeRecordEnd {
        let maximum = Instant::now() + Duration::from_millis(order.max_ms);
        loop {
            let now = Instant::now();
            let turn = self.record_speech(recording);
            let silence = order.max_silence_s.map(Duration::from_secs);
            let quiet = silence.map(|silence| recording.silent_since() + silence + FRAME_DURATION);
            if now >= maximum {
                return FakeRecordEnd::MaxDuration;
            }
            if quiet.is_some_and(|quiet| now >= quiet) {
                return FakeRecordEnd::Silence;
            }
            let next = [Some(maximum), quiet, turn].into_iter().flatten().min();
            tokio::select! {
                biased;
                act = self.phone.next_action() => match self.end_for_action(act, order.terminators) {
                    Some(FakePlaybackEnd::Key(key)) => return FakeRecordEnd::Key(key),
                    Some(_) => return FakeRecordEnd::HungUp,
                    None => {}
                },
                () = sleep_until_or_forever(next) => {}
            }
        }
    }

    /// When the caller begins, or stops, to speak.
    fn record_speech(&mut self, recording: &mut FakeRecording) -> Option<Instant> {
        let speech = self.phone.current_utterance()?;
        if speech.begins > Instant::now() {
            return Some(speech.begins);
        }
        if recording.add_speech(&speech) {
            let lasts = speech.ends - speech.begins;
            self.phone.emit(CallEvent::CallerSpoke { text: speech.text, duration: lasts });
        }
        Some(speech.ends)
    }

    /// What `(timeout)` has as its result is what was left of the longest time.
    fn finish_recording(
        &mut self,
        order: &FakeRecordOptions<'_>,
        recording: &FakeRecording,
        end: &FakeRecordEnd,
        file: &Path,
    ) -> io::Result<FakeAgiReply> {
        let lasted = recording.duration(Instant::now());
        let silence = Duration::from_secs(order.max_silence_s.unwrap_or_default());
        let left = Duration::from_millis(order.max_ms).saturating_sub(lasted).as_millis();
        let (result, word, cut) = match end {
            FakeRecordEnd::Key(key) => (u32::from(*key).to_string(), "dtmf", TRIMMED_BEFORE_KEY),
            FakeRecordEnd::Silence => {
                (left.to_string(), "timeout", silence.saturating_sub(REMAINING_SILENCE))
            }
            FakeRecordEnd::MaxDuration => ("0".to_owned(), "timeout", Duration::ZERO),
            FakeRecordEnd::HungUp => ("-1".to_owned(), "hangup", Duration::ZERO),
        };
        let lasts = lasted.saturating_sub(cut);
        let endpos = recording.write(file, lasts)?;
        self.phone.emit(CallEvent::Recorded { file: file.display().to_string(), duration: lasts });
        Ok(Some(format!("200 result={result} ({word}) endpos={endpos}")))
    }
}
