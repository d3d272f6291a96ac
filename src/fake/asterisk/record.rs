//! RECORD FILE: what ends a recording, and what the file then contains.

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

/// The length of an audio frame. Silence ends a recording at the first frame after its limit.
const FRAME_DURATION: Duration = Duration::from_millis(20);
/// If a key ends a recording, this much is removed from the end of the file.
const TRIMMED_BEFORE_KEY: Duration = Duration::from_millis(200);
/// If silence ends a recording, this much of the silence remains in the file.
const REMAINING_SILENCE: Duration = Duration::from_secs(1);

pub(super) struct FakeRecordOptions<'a> {
    pub(super) name: &'a str,
    pub(super) format: &'a str,
    pub(super) terminators: &'a str,
    pub(super) max_ms: u64,
    /// The argument `s=N`.
    pub(super) max_silence_s: Option<u64>,
}

enum FakeRecordEnd {
    Key(char),
    Silence,
    MaxDuration,
    HungUp,
}

impl<S: AsyncRead + AsyncWrite + Unpin> FakeAsterisk<S> {
    /// `handle_recordfile`. A command that arrives in the meantime does not end it.
    pub(super) async fn record_file(
        &mut self,
        options: &FakeRecordOptions<'_>,
    ) -> io::Result<FakeAgiReply> {
        let file = PathBuf::from(format!("{}.{}", options.name, options.format));
        if options.format != "wav" || std::fs::write(&file, "").is_err() {
            self.status = AgiStatus::Failure;
            return Ok(Some("200 result=-1 (writefile)".to_owned()));
        }
        let mut recording = FakeRecording::start(Instant::now());
        self.phone.recording_started();
        self.announce_question(options.terminators, 0);
        let end = self.run_recording(options, &mut recording).await;
        self.phone.digits_not_expected();
        self.question = FakeAgiQuestion::Prompt(matches!(end, FakeRecordEnd::Key(_)));
        self.finish_recording(options, &recording, &end, &file)
    }

    async fn run_recording(
        &mut self,
        options: &FakeRecordOptions<'_>,
        recording: &mut FakeRecording,
    ) -> FakeRecordEnd {
        let deadline = Instant::now() + Duration::from_millis(options.max_ms);
        loop {
            let now = Instant::now();
            let speech_change = self.record_speech(recording);
            let silence = options.max_silence_s.map(Duration::from_secs);
            let silence_deadline =
                silence.map(|silence| recording.silent_since() + silence + FRAME_DURATION);
            if now >= deadline {
                return FakeRecordEnd::MaxDuration;
            }
            if silence_deadline.is_some_and(|silence_deadline| now >= silence_deadline) {
                return FakeRecordEnd::Silence;
            }
            let next =
                [Some(deadline), silence_deadline, speech_change].into_iter().flatten().min();
            tokio::select! {
                biased;
                action = self.phone.next_action() => match self.end_for_action(action, options.terminators) {
                    Some(FakePlaybackEnd::Key(key)) => return FakeRecordEnd::Key(key),
                    Some(_) => return FakeRecordEnd::HungUp,
                    None => {}
                },
                () = sleep_until_or_forever(next) => {}
            }
        }
    }

    /// Records what the caller says now. Returns the time at which the caller will start or stop speaking.
    fn record_speech(&mut self, recording: &mut FakeRecording) -> Option<Instant> {
        let speech = self.phone.current_utterance()?;
        if speech.begins > Instant::now() {
            return Some(speech.begins);
        }
        if recording.add_speech(&speech) {
            let duration = speech.ends - speech.begins;
            self.phone.emit(CallEvent::CallerSpoke { text: speech.text, duration });
        }
        Some(speech.ends)
    }

    /// Writes the file. If silence ended the recording, the result is the time that was left of the maximum, in
    /// milliseconds.
    fn finish_recording(
        &mut self,
        options: &FakeRecordOptions<'_>,
        recording: &FakeRecording,
        end: &FakeRecordEnd,
        file: &Path,
    ) -> io::Result<FakeAgiReply> {
        let elapsed = recording.duration(Instant::now());
        let silence = Duration::from_secs(options.max_silence_s.unwrap_or_default());
        let remaining = Duration::from_millis(options.max_ms).saturating_sub(elapsed).as_millis();
        let (result, word, trimmed) = match end {
            FakeRecordEnd::Key(key) => (u32::from(*key).to_string(), "dtmf", TRIMMED_BEFORE_KEY),
            FakeRecordEnd::Silence => {
                (remaining.to_string(), "timeout", silence.saturating_sub(REMAINING_SILENCE))
            }
            FakeRecordEnd::MaxDuration => ("0".to_owned(), "timeout", Duration::ZERO),
            FakeRecordEnd::HungUp => ("-1".to_owned(), "hangup", Duration::ZERO),
        };
        let duration = elapsed.saturating_sub(trimmed);
        let endpos = recording.write(file, duration)?;
        self.phone.emit(CallEvent::Recorded { file: file.display().to_string(), duration });
        Ok(Some(format!("200 result={result} ({word}) endpos={endpos}")))
    }
}
