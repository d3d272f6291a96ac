//! The driver: a [`Channel`] over the outbound Event Socket.
//!
//! Keys are received as `DTMF` events. The application `play_and_get_digits` is not used: it would write the digits to
//! variables and to the log, and its timeouts are for a single prompt only. `park`, which runs between two
//! applications, reports every key as an event. So a sound continues while keys are pressed, and only barge-in
//! interrupts it. One application runs at a time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::channel_data::ChannelData;
use super::command::{EslCommand, EventUuid};
use super::connection::{EslConnection, EslConnectionEvent, REPLY_TIMEOUT};
use super::variable::{EslVariable, VariableExpansion};
use crate::channel::digits::{DigitCollector, TypeAheadBuffer};
use crate::channel::{
    Caller, Channel, Destination, DestinationCheck, Exit, HandoverResult, HoldMedia, Interruption,
    LineState, RecognizeOptions, RecognizeResult, RecordOptions, RecordResult, Sound,
};
use dialplan_settings::{DialplanSettings, LANGUAGE};
use playback::{PlayingSound, SAY_ZONE};

mod dialplan_settings;
mod handover;
mod hold_media;
mod playback;
mod recognize;
mod record;
mod sounds;
mod variables;

/// Keys that end `playback`, `record` and others; `*` by default (`on_dtmf` in `mod_dptools.c`).
const PLAYBACK_TERMINATORS: &str = "playback_terminators";
/// Whether `record` adds silence for the time in which the telephone sends no audio. By default that time is missing in
/// the recording (`switch_ivr_record_file_event`).
const RECORD_FILL_CNG: &str = "record_fill_cng";
/// Sample rate of a telephone call in Hz, unless the codec is wideband.
const NARROWBAND_RATE: u32 = 8000;
/// Seconds after which any `playback` ends (`switch_ivr_play_file`).
const PLAYBACK_TIMEOUT: &str = "playback_timeout_sec";

/// The language of phrases, which a script can change (`switch_ivr_phrase_macro_event` in `switch_ivr_say.c`).
const DEFAULT_LANGUAGE: &str = "default_language";

/// The variables that the driver changes. They have their original values again at the hand-over.
const CHANGED_VARIABLES: [&str; 4] =
    [PLAYBACK_TERMINATORS, PLAYBACK_TIMEOUT, RECORD_FILL_CNG, SAY_ZONE];

pub struct EslChannel<S> {
    connection: EslConnection<S>,
    settings: DialplanSettings,
    caller: Arc<Caller>,
    /// The language of the channel.
    language: String,
    line_state: LineState,
    /// The sound that was last started.
    playing: Option<PlayingSound>,
    /// A sound that was interrupted and whose end was not awaited.
    interrupted: Option<EventUuid>,
    /// Variables that are set with the next command.
    deferred_variables: Vec<EslVariable>,
    type_ahead: TypeAheadBuffer,
    /// Keys are kept for the next question, including those pressed between two applications.
    keep_type_ahead: bool,
    /// [`PLAYBACK_TERMINATORS`] was changed.
    terminators_disabled: bool,
    /// [`PLAYBACK_TIMEOUT`] was changed.
    playback_limited: bool,
    /// `mod_http_cache` has played a sound from our sound server, so it is tried first for the next sounds.
    prefers_http_cache: bool,
    /// [`RECORD_FILL_CNG`] was changed.
    record_fill_enabled: bool,
    /// [`SAY_ZONE`] was changed.
    say_zone_changed: bool,
    /// Whether FreeSWITCH can write recordings; `None` if that must be checked before the next recording.
    can_record: Option<bool>,
    /// Sample rate of the caller's audio, in Hz.
    read_rate: u32,
    /// A speech engine was used and has to be closed.
    recognizer_used: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// Reads what the call needs of the channel data, which is not kept.
    pub fn new(connection: EslConnection<S>, data: ChannelData) -> Self {
        let caller = Arc::new(data.caller());
        let line_state = if data.is_answered() { LineState::Up } else { LineState::Ringing };
        let type_ahead = TypeAheadBuffer::default();
        Self {
            connection,
            settings: DialplanSettings::read(&data, &CHANGED_VARIABLES),
            language: caller.language.clone(),
            caller,
            line_state,
            playing: None,
            interrupted: None,
            deferred_variables: Vec::new(),
            type_ahead,
            keep_type_ahead: false,
            terminators_disabled: false,
            playback_limited: false,
            prefers_http_cache: false,
            record_fill_enabled: false,
            say_zone_changed: false,
            can_record: None,
            read_rate: NARROWBAND_RATE,
            recognizer_used: false,
        }
    }

    /// Starts an application. Before the first one, the keys that end an application are disabled.
    async fn start_application(&mut self, application: EslCommand) -> Result<(), Interruption> {
        self.disable_terminators();
        self.send_application(application).await
    }

    fn disable_terminators(&mut self) {
        if !std::mem::replace(&mut self.terminators_disabled, true) {
            self.defer_variable(PLAYBACK_TERMINATORS, "none");
        }
    }

    /// A collector for keys pressed between two questions, if they are kept.
    fn hold_keys(&mut self) -> Option<DigitCollector<'static>> {
        self.keep_type_ahead.then(|| self.type_ahead.start_holding())
    }

    fn store_keys(&mut self, collector: Option<DigitCollector<'_>>) {
        if let Some(collector) = collector {
            self.type_ahead.store(collector);
        }
    }

    /// The value at the beginning of the call of one of the [`CHANGED_VARIABLES`]; empty if it was not set.
    fn original_variable(&self, name: &str) -> String {
        self.settings.original(name)
    }

    /// Whether FreeSWITCH expands the arguments of this channel's applications.
    fn expansion(&self) -> VariableExpansion {
        self.settings.expansion
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Channel for EslChannel<S> {
    fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    async fn pick_up(&mut self, answer: bool) -> Result<LineState, Interruption> {
        self.connection.ensure_alive()?;
        if answer && self.line_state == LineState::Ringing {
            let (answer, execution) = self.connection.execute("answer", "")?;
            self.send_application(answer).await?;
            // In async mode, FreeSWITCH executes the next application directly after it, in the same frame.
            if !self.connection.is_async() {
                self.connection.wait_for_end(execution, REPLY_TIMEOUT, None).await?;
            }
            self.line_state = LineState::Up;
        }
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
        recording_file: Option<&str>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        if !self.connection.is_async() {
            return Err(Interruption::Unsupported(NOT_ASYNC.into()));
        }
        self.send_variables().await?;
        self.keep_type_ahead = false;
        if let Some(file) = recording_file {
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
        timeout: Duration,
        collector: &mut DigitCollector<'_>,
    ) -> Result<(), Interruption> {
        self.connection.ensure_alive()?;
        if let Some(EslConnectionEvent::Key(key)) =
            self.connection.next_event(Instant::now() + timeout).await?
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
        self.send_variables().await?;
        tokio::select! {
            biased;
            done = work => Ok(Some(done)),
            waited = self.connection.wait_for_barge_in(collector) => waited.map(|()| None),
        }
    }

    async fn record(
        &mut self,
        options: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        self.record_speech(options, collector).await
    }

    async fn recognize(
        &mut self,
        options: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        self.recognize_speech(options, prompt, collector).await
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        hold_media: &HoldMedia,
    ) -> Result<T, Interruption> {
        self.connection.ensure_alive()?;
        self.send_variables().await?;
        self.keep_type_ahead = hold_media.keep_type_ahead;
        let mut collector = self.hold_keys();
        let done = tokio::select! {
            biased;
            done = work => done,
            interruption = self.play_hold_media(hold_media, collector.as_mut()) => return Err(interruption),
        };
        self.stop_hold_media(collector.as_mut()).await?;
        self.store_keys(collector);
        Ok(done)
    }

    /// FreeSWITCH cannot look up an extension without executing it. Its dialplans have no priorities.
    async fn check_destination(
        &mut self,
        destination: &Destination,
    ) -> Result<DestinationCheck, Interruption> {
        self.connection.ensure_alive()?;
        Ok(match destination.is_beginning() {
            true => DestinationCheck::Unknown,
            false => DestinationCheck::NoPriorities,
        })
    }

    async fn set_variables(&mut self, variables: &[(&str, String)]) -> Result<(), Interruption> {
        for (name, value) in variables {
            self.defer_script_variable(name, value)?;
        }
        Ok(())
    }

    fn set_language(&mut self, language: &str) {
        self.language = language.to_owned();
        self.defer_variable(DEFAULT_LANGUAGE, language);
        if self.settings.has_language {
            self.defer_variable(LANGUAGE, language);
        }
    }

    async fn hand_over(mut self, variables: &[(&str, String)], exit: &Exit) -> HandoverResult {
        self.connection.deadline.start_handover();
        let result = match self.set_variables_and_exit(variables, exit).await {
            Ok(()) => HandoverResult::Completed,
            Err(Interruption::CallerHungUp { .. }) => HandoverResult::CallerHungUp,
            Err(_) => HandoverResult::ConnectionLost,
        };
        self.connection.close().await;
        result
    }
}

/// Passes a key to the collector. Returns whether the key ends the recording or the recognition; without a collector
/// every key does.
fn ends_listening(collector: &mut Option<&mut DigitCollector<'_>>, key: char) -> bool {
    let Some(collector) = collector else { return true };
    collector.push_key(key, Instant::now());
    collector.has_keys()
}

/// Why a question cannot be asked in static mode.
const NOT_ASYNC: &str = "no question can be asked, since the `socket` line of the dialplan has no `async`: \
                         write `socket HOST:PORT/SCRIPT async full`";
