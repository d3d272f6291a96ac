//! The driver: a [`Leg`] over the outbound Event Socket.
//!
//! Keys are taken from `DTMF` events, not from an application that reads them: `play_and_get_digits` writes what was
//! entered into variables and the log, and takes the times that one prompt has; `park`, which is what the channel does
//! between two applications, tells every key. So a sound plays on while keys come, and is broken off where barge-in
//! wants it. Applications run one at a time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::channel_data::ChannelData;
use super::command::{EslCommand, EventUuid};
use super::connection::{EslConnection, EslConnectionEvent, SOCKET_RESUME};
use super::quote::EslVariableValue;
use super::variable::{self, VariableExpansion};
use crate::channel::digits::{DigitCollector, TypeAheadBuffer};
use crate::channel::{
    Caller, Channel, Destination, DestinationCheck, Exit, HandoverResult, HangupCause, HoldMedia,
    Interruption, LineState, RecognizeOptions, RecognizeResult, RecordOptions, RecordResult, Sound,
};

mod hold_media;
mod playback;
mod recognize;
mod record;
mod sounds;

/// `playback`, `record` and others end at the key `*` unless they are told not to (`on_dtmf` in `mod_dptools.c`).
const PLAYBACK_TERMINATORS: &str = "playback_terminators";
/// `record` leaves out what a telephone that sends no silence did not send, and with it the time that went by, unless
/// it is told not to (`switch_ivr_record_file_event`).
const RECORD_FILL_CNG: &str = "record_fill_cng";
/// Seconds after which any `playback` ends (`switch_ivr_play_file`).
const PLAYBACK_TIMEOUT: &str = "playback_timeout_sec";
/// A call on FreeSWITCH.
pub struct EslChannel<S> {
    connection: EslConnection<S>,
    data: ChannelData,
    caller: Arc<Caller>,
    line_state: LineState,
    /// What played last.
    playing: Option<EventUuid>,
    type_ahead: TypeAheadBuffer,
    /// Keys are for the next question, also between what is heard.
    keep_type_ahead: bool,
    /// Applications have been told to let all keys be.
    terminators_disabled: bool,
    /// `playback` has been told to end after a time.
    playback_limited: bool,
    /// Sounds of ours are fetched by `mod_http_cache`.
    prefers_http_cache: bool,
    /// `record` has been told to leave nothing out.
    record_fill_enabled: bool,
    /// Whether FreeSWITCH can record, once that was tried.
    can_record: Option<bool>,
    /// Samples a second of what comes from the caller.
    read_rate: u32,
    /// An engine of FreeSWITCH has listened, and waits for more.
    recognizer_used: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// A call whose channel is known.
    pub fn new(connection: EslConnection<S>, data: ChannelData) -> Self {
        let caller = Arc::new(data.caller());
        let line_state = if data.is_answered() { LineState::Up } else { LineState::Ringing };
        let type_ahead = TypeAheadBuffer::default();
        Self {
            connection,
            data,
            caller,
            line_state,
            playing: None,
            type_ahead,
            keep_type_ahead: false,
            terminators_disabled: false,
            playback_limited: false,
            prefers_http_cache: false,
            record_fill_enabled: false,
            can_record: None,
            read_rate: record::NARROWBAND_RATE,
            recognizer_used: false,
        }
    }

    /// An application, in one write with what the first one needs.
    async fn start_application(&mut self, application: EslCommand) -> Result<(), Interruption> {
        if std::mem::replace(&mut self.terminators_disabled, true) {
            return self.connection.send(&[application]).await;
        }
        let (none, _) = self.connection.execute("set", &format!("{PLAYBACK_TERMINATORS}=none"))?;
        self.connection.send(&[none, application]).await
    }

    /// Where keys go that come between two things that are heard.
    fn hold_keys(&mut self) -> Option<DigitCollector<'static>> {
        self.keep_type_ahead.then(|| self.type_ahead.start_holding())
    }

    fn store_keys(&mut self, held: Option<DigitCollector<'_>>) {
        if let Some(held) = held {
            self.type_ahead.store(held);
        }
    }

    /// A variable as the dialplan had it.
    fn original_variable(&self, name: &str) -> String {
        self.data.variable(name).unwrap_or_default().into_owned()
    }

    async fn set_variables_and_exit(
        &mut self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> Result<(), Interruption> {
        self.connection.ensure_alive()?;
        self.stop_playback().await?;
        let all = self.final_variables(variables, exit);
        let all =
            all.iter().map(|(name, value)| (name.as_str(), EslVariableValue::sanitize(value)));
        let all: Vec<_> = all.collect();
        let all = all.iter().map(|(name, value)| (*name, value));
        self.connection.run("multiset", &variable::multiset(all, self.expansion())?).await?;
        match exit {
            Exit::Continue => Ok(()),
            Exit::Hangup(cause) => {
                let cause = cause.unwrap_or(HangupCause::NORMAL_CLEARING).0;
                self.connection.send(&[EslCommand::hangup(&cause.to_string())?]).await
            }
            Exit::Goto(to) => self.transfer(to).await,
        }
    }

    /// Whatever plays, ends: without that the dialplan would go on only after it (`switch_ivr_park`).
    async fn stop_playback(&mut self) -> Result<(), Interruption> {
        self.playing = None;
        if !self.connection.is_idle() {
            self.connection.run("break", "").await?;
        }
        if std::mem::take(&mut self.recognizer_used) {
            self.connection.run("detect_speech", "stop").await?;
        }
        Ok(())
    }

    /// The standard variables in small letters; and what was changed for the time of the call is as before.
    fn final_variables(&self, variables: &[(&str, String)], exit: &Exit) -> Vec<(String, String)> {
        let mut all = Vec::with_capacity(variables.len() + 3);
        let changed = [
            (self.terminators_disabled, PLAYBACK_TERMINATORS),
            (self.playback_limited, PLAYBACK_TIMEOUT),
            (self.record_fill_enabled, RECORD_FILL_CNG),
        ];
        let changed = changed.into_iter().filter(|&(is_changed, _)| is_changed);
        all.extend(changed.map(|(_, name)| (name.to_owned(), self.original_variable(name))));
        // With it a call that is transferred, or whose `socket` line lacks `async`, is stranded in CS_RESET when we close,
        // and one that is hung up may go on without that (`listener_run`, `socket_function`).
        let resume_harms = *exit != Exit::Continue || !self.connection.is_async();
        if resume_harms && self.data.variable(SOCKET_RESUME).is_some() {
            all.push((SOCKET_RESUME.to_owned(), String::new()));
        }
        let standard = variables.iter();
        all.extend(standard.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
        all
    }

    /// Whether FreeSWITCH expands the arguments of this channel's applications (`switch_true` in `switch_utils.h`).
    fn expansion(&self) -> VariableExpansion {
        let switched = self.data.variable("app_disable_expand_variables");
        match switched.as_deref() {
            Some("true" | "yes" | "on" | "1" | "t" | "enabled" | "active" | "allow") => {
                VariableExpansion::Off
            }
            _ => VariableExpansion::On,
        }
    }

    async fn transfer(&mut self, to: &Destination) -> Result<(), Interruption> {
        let dialplan = self.data.headers().get("Caller-Dialplan");
        let dialplan = dialplan.filter(|name| Destination::is_valid_part(name));
        let dialplan = dialplan.as_deref().unwrap_or("XML").to_owned();
        let context = to.context.as_deref().unwrap_or(&self.caller.context);
        let place = format!("{} {dialplan} {context}", to.extension);
        self.connection.run("transfer", place.trim_end()).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Channel for EslChannel<S> {
    fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    async fn pick_up(&mut self, answer: bool) -> Result<LineState, Interruption> {
        if answer && self.line_state == LineState::Ringing {
            self.connection.run("answer", "").await?;
            self.line_state = LineState::Up;
        }
        self.connection.ensure_alive()?;
        Ok(self.line_state)
    }

    fn type_ahead(&mut self) -> &mut TypeAheadBuffer {
        &mut self.type_ahead
    }

    fn has_tts(&self) -> bool {
        true
    }

    async fn prepare_question(
        &mut self,
        records_into: Option<&str>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        if !self.connection.is_async() {
            return Err(Interruption::Refused(NOT_ASYNC.into()));
        }
        self.keep_type_ahead = false;
        if let Some(file) = records_into {
            self.connection.ensure_alive()?;
            self.check_can_record(file, collector).await?;
        }
        Ok(())
    }

    async fn play_sounds(
        &mut self,
        sounds: &[Sound],
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.play_all(sounds, collector).await
    }

    async fn wait_for_key(
        &mut self,
        time: Duration,
        collector: &mut DigitCollector<'_>,
    ) -> Result<(), Interruption> {
        self.connection.ensure_alive()?;
        if let Some(EslConnectionEvent::Key(key)) =
            self.connection.next_event(Instant::now() + time).await?
        {
            collector.push_key(key, Instant::now());
        }
        Ok(())
    }

    async fn wait_in_silence<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<Option<T>, Interruption> {
        self.connection.ensure_alive()?;
        tokio::select! {
            biased;
            done = work => Ok(Some(done)),
            ended = self.connection.wait_for_barge_in(collector) => ended.map(|()| None),
        }
    }

    async fn record(
        &mut self,
        recording: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        self.record_speech(recording, collector).await
    }

    async fn recognize(
        &mut self,
        recognition: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        self.recognize_speech(recognition, prompt, collector).await
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        meanwhile: &HoldMedia,
    ) -> Result<T, Interruption> {
        self.connection.ensure_alive()?;
        self.keep_type_ahead = meanwhile.keep_type_ahead;
        let mut held = self.hold_keys();
        let done = tokio::select! {
            biased;
            done = work => done,
            interrupted = self.play_hold_media(meanwhile, held.as_mut()) => return Err(interrupted),
        };
        self.stop_hold_media(held.as_mut()).await?;
        self.store_keys(held);
        Ok(done)
    }

    /// FreeSWITCH has no way to ask its dialplan without running it. What it has nowhere is a priority.
    async fn check_destination(
        &mut self,
        to: &Destination,
    ) -> Result<DestinationCheck, Interruption> {
        self.connection.ensure_alive()?;
        Ok(if to.priority.is_some() {
            DestinationCheck::Missing
        } else {
            DestinationCheck::Unknown
        })
    }

    async fn set_variable(&mut self, name: &str, value: &str) -> Result<(), Interruption> {
        let value = EslVariableValue::sanitize(value);
        if value.is_truncated() {
            warn!(call_id = ?self.caller.call_id, variable = name, "a variable's value was truncated");
        }
        let assignment = variable::set(name, &value, self.expansion())?;
        let mut held = self.hold_keys();
        let set = self.connection.run_collecting_keys("set", &assignment, held.as_mut()).await;
        self.store_keys(held);
        match set {
            // A call that is over takes no variables, and nobody reads them.
            Err(Interruption::CallerHungUp { .. }) => Ok(()),
            done => done,
        }
    }

    async fn hand_over(mut self, variables: &[(&str, String)], exit: &Exit) -> HandoverResult {
        self.connection.deadline.start_handover();
        let left = match self.set_variables_and_exit(variables, exit).await {
            Ok(()) => HandoverResult::Completed,
            Err(Interruption::CallerHungUp { .. }) => HandoverResult::CallerHungUp,
            Err(_) => HandoverResult::ConnectionLost,
        };
        self.connection.close().await;
        left
    }
}

/// What a `socket` line lacks where a question can't be asked.
const NOT_ASYNC: &str = "digits cannot be read without `async`: write `socket HOST:PORT/SCRIPT async full` in the dialplan";
