//! `record`, `record_session`, `say` and `speak`.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::execution::{FakeApplicationKind, FakeExecute};
use super::recorder::FakeRecorder;
use super::{FakeFreeSwitch, cause};
use crate::fake::phone::CallEvent;
use crate::fake::recording::SAMPLE_RATE;

/// The variable in which `record_session` reports its result.
const COMPLETION_CAUSE_VARIABLE: &str = "record_completion_cause";
/// How long `say` and `speak` take for one character.
const SAY_CHARACTER_DURATION: Duration = Duration::from_millis(700);
const SPEAK_CHARACTER_DURATION: Duration = Duration::from_millis(70);

impl<S: AsyncRead + AsyncWrite + Unpin> FakeFreeSwitch<S> {
    /// The argument is `FILE SECONDS THRESHOLD SILENCE`. If the file can't be opened, the call is hung up
    /// (`switch_ivr_record_file_event`).
    pub(super) async fn record(&mut self, execute: FakeExecute) -> io::Result<()> {
        let Some(recorder) = FakeRecorder::start(&execute.argument, Instant::now()) else {
            self.start_application(execute, FakeApplicationKind::Sleep, None)?;
            return self.hang_up(cause::DESTINATION_OUT_OF_ORDER).await;
        };
        self.recorder = Some(recorder);
        self.channel.set("silence_hits_exhausted", "false");
        self.announce_question(&execute.argument);
        self.phone.recording_started();
        self.start_application(execute, FakeApplicationKind::Record, None)
    }

    /// One frame of a recording.
    pub(super) async fn advance_recording(&mut self) -> io::Result<()> {
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        let now = Instant::now();
        let speech = self.phone.current_utterance().filter(|speech| speech.begins <= now);
        if let Some(speech) = speech.filter(|speech| recorder.recording.add_speech(speech)) {
            let duration = speech.ends - speech.begins;
            self.phone.emit(CallEvent::CallerSpoke { text: speech.text, duration });
        }
        let (is_silent, is_over) = (recorder.is_silent(now), recorder.is_over(now));
        if is_silent {
            self.channel.set("silence_hits_exhausted", "true");
        }
        if is_silent || is_over { self.end_application(true).await } else { Ok(()) }
    }

    /// Writes the file when `record` has ended.
    pub(super) fn finish_recording(&mut self) -> io::Result<()> {
        let Some(FakeRecorder { file, recording, .. }) = self.recorder.take() else {
            return Ok(());
        };
        let duration = recording.duration(Instant::now());
        let samples = recording.write(&file, duration)?;
        self.channel.set("record_samples", &samples.to_string());
        self.channel.set("record_ms", &(samples * 1000 / u64::from(SAMPLE_RATE)).to_string());
        self.phone.emit(CallEvent::Recorded { file: file.display().to_string(), duration });
        Ok(())
    }

    /// Only checks whether the file can be written. This fake does not record while another application runs.
    pub(super) fn record_session(&mut self, file: &str) {
        match std::fs::write(file, "").and_then(|()| std::fs::remove_file(file)) {
            Ok(()) => self.channel.set(COMPLETION_CAUSE_VARIABLE, ""),
            Err(_) => self.channel.set(COMPLETION_CAUSE_VARIABLE, "uri-failure"),
        }
    }

    pub(super) fn stop_record_session(&mut self, _file: &str) {
        if self.channel.get(COMPLETION_CAUSE_VARIABLE).is_none() {
            self.channel.set(COMPLETION_CAUSE_VARIABLE, "empty-file");
        }
    }

    /// The argument is `LANGUAGE TYPE METHOD TEXT`.
    pub(super) async fn say(&mut self, execute: FakeExecute) -> io::Result<()> {
        let language = execute.argument.split(' ').next().unwrap_or_default().to_owned();
        let characters =
            execute.argument.rsplit(' ').next().map_or(0, |characters| characters.chars().count());
        self.start_speech(execute, &format!("say:{language}"), SAY_CHARACTER_DURATION, characters)
            .await
    }

    /// The argument is `ENGINE|VOICE|TEXT`. If a part is missing, the call is hung up (`speak_function`).
    pub(super) async fn speak(&mut self, execute: FakeExecute) -> io::Result<()> {
        let parts: Vec<_> = execute.argument.splitn(3, '|').collect();
        let [engine, _, text] = parts[..] else {
            return self.hang_up(cause::DESTINATION_OUT_OF_ORDER).await;
        };
        let (engine, characters) = (format!("speak:{engine}"), text.chars().count());
        self.start_speech(execute, &engine, SPEAK_CHARACTER_DURATION, characters).await
    }

    /// Starts to speak. If the engine or the language does not exist, the application ends at once, without an error.
    async fn start_speech(
        &mut self,
        execute: FakeExecute,
        sound_name: &str,
        character_duration: Duration,
        characters: usize,
    ) -> io::Result<()> {
        let sound = format!("{} {}", execute.application, execute.argument);
        if characters == 0 || self.sounds.length(sound_name).is_none() {
            self.phone.emit(CallEvent::SoundMissing { sound });
            return self.send_execute_complete(&execute).await;
        }
        let duration = character_duration * u32::try_from(characters).unwrap_or(u32::MAX);
        self.announce_question(&sound);
        self.phone.sound_started(&sound, duration);
        self.start_application(execute, FakeApplicationKind::Speech, Some(duration))
    }
}
