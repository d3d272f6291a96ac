//! RECORD FILE: what ends it, and what is in the file then.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::listen::{self, Question};
use super::run::Reply;
use super::{AgiStatus, Asterisk};
use crate::fake::phone::{Happening, at};
use crate::fake::recording::Recording;

/// A frame of sound: silence ends a recording with the first one beyond it.
const FRAME: Duration = Duration::from_millis(20);
/// What is cut off before a key.
const BEFORE_A_KEY: Duration = Duration::from_millis(200);
/// What is left of the silence that ended a recording.
const KEPT_SILENCE: Duration = Duration::from_secs(1);

/// The arguments of RECORD FILE.
pub(super) struct Order<'a> {
    pub(super) name: &'a str,
    pub(super) format: &'a str,
    pub(super) keys: &'a str,
    pub(super) milliseconds: u64,
    /// `s=N`
    pub(super) silence: Option<u64>,
}

enum End {
    Key(char),
    Silence,
    Maximum,
    HungUp,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Asterisk<S> {
    /// `handle_recordfile`: another command does not end it.
    pub(super) async fn record(&mut self, order: &Order<'_>) -> io::Result<Reply> {
        let file = PathBuf::from(format!("{}.{}", order.name, order.format));
        if order.format != "wav" || std::fs::write(&file, "").is_err() {
            self.status = AgiStatus::Failure;
            return Ok(Some("200 result=-1 (writefile)".to_owned()));
        }
        let mut recording = Recording::begin(Instant::now());
        self.phone.is_listened_to();
        self.prompt(order.keys, 0);
        let end = self.recorded(order, &mut recording).await;
        self.phone.is_not_asked();
        self.question = Question::Prompt(matches!(end, End::Key(_)));
        self.finish(order, &recording, &end, &file)
    }

    async fn recorded(&mut self, order: &Order<'_>, recording: &mut Recording) -> End {
        let maximum = Instant::now() + Duration::from_millis(order.milliseconds);
        loop {
            let now = Instant::now();
            let turn = self.takes_what_is_said(recording);
            let silence = order.silence.map(Duration::from_secs);
            let quiet = silence.map(|silence| recording.quiet_since() + silence + FRAME);
            if now >= maximum {
                return End::Maximum;
            }
            if quiet.is_some_and(|quiet| now >= quiet) {
                return End::Silence;
            }
            let next = [Some(maximum), quiet, turn].into_iter().flatten().min();
            tokio::select! {
                biased;
                act = self.phone.acts() => match self.listens(act, order.keys) {
                    Some(listen::End::Key(key)) => return End::Key(key),
                    Some(_) => return End::HungUp,
                    None => {}
                },
                () = at(next) => {}
            }
        }
    }

    /// When the caller begins, or stops, to speak.
    fn takes_what_is_said(&mut self, recording: &mut Recording) -> Option<Instant> {
        let speech = self.phone.speech()?;
        if speech.begins > Instant::now() {
            return Some(speech.begins);
        }
        if recording.takes(&speech) {
            let lasts = speech.ends - speech.begins;
            self.phone.tell(Happening::Says { text: speech.text, lasts });
        }
        Some(speech.ends)
    }

    /// What `(timeout)` has as its result is what was left of the longest time.
    fn finish(
        &mut self,
        order: &Order<'_>,
        recording: &Recording,
        end: &End,
        file: &Path,
    ) -> io::Result<Reply> {
        let lasted = recording.lasts(Instant::now());
        let silence = Duration::from_secs(order.silence.unwrap_or_default());
        let left = Duration::from_millis(order.milliseconds).saturating_sub(lasted).as_millis();
        let (result, word, cut) = match end {
            End::Key(key) => (u32::from(*key).to_string(), "dtmf", BEFORE_A_KEY),
            End::Silence => (left.to_string(), "timeout", silence.saturating_sub(KEPT_SILENCE)),
            End::Maximum => ("0".to_owned(), "timeout", Duration::ZERO),
            End::HungUp => ("-1".to_owned(), "hangup", Duration::ZERO),
        };
        let lasts = lasted.saturating_sub(cut);
        let endpos = recording.write(file, lasts)?;
        self.phone.tell(Happening::Recorded { file: file.display().to_string(), lasts });
        Ok(Some(format!("200 result={result} ({word}) endpos={endpos}")))
    }
}
