//! `record`, and the applications that speak or listen.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::session::{Execute, What};
use super::text::split;
use super::{FreeSwitch, cause};
use crate::fake::phone::Happening;
use crate::fake::recording::{RATE, Recording};

/// Where a `record_session` tells how it went.
const CAUSE: &str = "record_completion_cause";
/// A sign of `say`, and one of `speak`.
const SPELLED: Duration = Duration::from_millis(700);
const SPOKEN: Duration = Duration::from_millis(70);

/// A `record` that runs.
pub(super) struct Recorder {
    file: PathBuf,
    recording: Recording,
    ends: Option<Instant>,
    silence: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> FreeSwitch<S> {
    /// `FILE SECONDS THRESHOLD SILENCE`; a file that can't be opened hangs the call up (`switch_ivr_record_file_event`).
    pub(super) async fn record(&mut self, execute: Execute) -> io::Result<()> {
        let words = split(&execute.argument, ' ');
        let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(0);
        let file = PathBuf::from(words.first().map_or("", String::as_str));
        if std::fs::write(&file, "").is_err() {
            self.starts(execute, What::Sleep, None)?;
            return self.hangs_up(cause::DESTINATION_OUT_OF_ORDER).await;
        }
        let now = Instant::now();
        // Whole seconds of the clock must be more than the limit.
        let ends = Some(number(1)).filter(|&limit| limit > 0);
        let ends = ends.map(|limit| now + Duration::from_secs(limit + 1));
        let silence = Duration::from_secs(if number(3) == 0 { 3 } else { number(3) });
        let recording = Recording::begin(now);
        self.recorder = Some(Recorder { file, recording, ends, silence });
        self.leg.set("silence_hits_exhausted", "false");
        self.asks();
        self.phone.is_listened_to();
        self.starts(execute, What::Record, None)
    }

    /// 20 ms of a recording.
    pub(super) async fn records(&mut self) -> io::Result<()> {
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        let now = Instant::now();
        let speech = self.phone.speech().filter(|speech| speech.begins <= now);
        if let Some(speech) = speech.filter(|speech| recorder.recording.takes(speech)) {
            let lasts = speech.ends - speech.begins;
            self.phone.tell(Happening::Says { text: speech.text, lasts });
        }
        let is_silent = now >= recorder.recording.quiet_since() + recorder.silence;
        if is_silent {
            self.leg.set("silence_hits_exhausted", "true");
        }
        let is_over = recorder.ends.is_some_and(|ends| now >= ends);
        if is_silent || is_over { self.ends(true).await } else { Ok(()) }
    }

    /// What is in the file when a `record` has ended.
    pub(super) fn recorded(&mut self) -> io::Result<()> {
        let Some(Recorder { file, recording, .. }) = self.recorder.take() else { return Ok(()) };
        let lasts = recording.lasts(Instant::now());
        let samples = recording.write(&file, lasts)?;
        self.leg.set("record_samples", &samples.to_string());
        self.leg.set("record_ms", &(samples * 1000 / u64::from(RATE)).to_string());
        self.phone.tell(Happening::Recorded { file: file.display().to_string(), lasts });
        Ok(())
    }

    /// One that was opened stays empty here: nothing is recorded beside what runs.
    pub(super) fn record_session(&mut self, file: &str) {
        match std::fs::write(file, "").and_then(|()| std::fs::remove_file(file)) {
            Ok(()) => self.leg.set(CAUSE, ""),
            Err(_) => self.leg.set(CAUSE, "uri-failure"),
        }
    }

    pub(super) fn stop_record_session(&mut self, _file: &str) {
        if self.leg.get(CAUSE).is_none() {
            self.leg.set(CAUSE, "empty-file");
        }
    }

    /// `LANGUAGE KIND METHOD SIGNS`
    pub(super) async fn say(&mut self, execute: Execute) -> io::Result<()> {
        let language = execute.argument.split(' ').next().unwrap_or_default().to_owned();
        let signs = execute.argument.rsplit(' ').next().map_or(0, |signs| signs.chars().count());
        self.speaks(execute, &format!("say:{language}"), SPELLED, signs).await
    }

    /// `ENGINE|VOICE|TEXT`: with less the call is hung up (`speak_function`).
    pub(super) async fn speak(&mut self, execute: Execute) -> io::Result<()> {
        let parts: Vec<_> = execute.argument.splitn(3, '|').collect();
        let [engine, _, text] = parts[..] else {
            return self.hangs_up(cause::DESTINATION_OUT_OF_ORDER).await;
        };
        let (engine, signs) = (format!("speak:{engine}"), text.chars().count());
        self.speaks(execute, &engine, SPOKEN, signs).await
    }

    /// An engine, or a language, that is not there: it ends at once, and does not say so.
    async fn speaks(
        &mut self,
        execute: Execute,
        by: &str,
        sign: Duration,
        signs: usize,
    ) -> io::Result<()> {
        let sound = format!("{} {}", execute.application, execute.argument);
        if signs == 0 || self.sounds.length(by).is_none() {
            self.phone.tell(Happening::Missing { sound });
            return self.completes(&execute).await;
        }
        let lasts = sign * u32::try_from(signs).unwrap_or(u32::MAX);
        self.asks();
        self.phone.hears(&sound, lasts);
        self.starts(execute, What::Speech, Some(lasts))
    }
}
