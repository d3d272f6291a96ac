//! What FreeSWITCH tells unasked.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::headers::EslHeaders;
use super::parse;
use crate::channel::digits::is_dtmf_key;
use crate::wire::LossyText;

/// One event in plain format.
#[derive(Clone, PartialEq, Eq)]
pub struct EslEvent {
    kind: EslEventKind,
    headers: EslHeaders,
    body: LossyText,
}

/// The events that mean something to us, by `Event-Name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EslEventKind {
    /// `CHANNEL_ANSWER`: picked up.
    Answer,
    /// `CHANNEL_EXECUTE`: an application starts.
    Execute,
    /// `CHANNEL_EXECUTE_COMPLETE`: one has ended.
    ExecuteComplete,
    /// `CHANNEL_HANGUP`: the call is over, while an application may still run.
    Hangup,
    /// `CHANNEL_HANGUP_COMPLETE`: all is said about it.
    HangupComplete,
    /// `CHANNEL_PARK`: the channel waits for us.
    Park,
    /// `CHANNEL_UNPARK`: it no longer does.
    Unpark,
    /// `DTMF`: an application, or the park, took a key off the channel (`switch_channel_dequeue_dtmf` in
    /// `switch_channel.c`), which is not when it was pressed.
    Dtmf,
    /// `PLAYBACK_START`
    PlaybackStart,
    /// `PLAYBACK_STOP`
    PlaybackStop,
    /// `BACKGROUND_JOB`: the result of a `bgapi`, as the event's body.
    BackgroundJob,
    /// Any other.
    Other,
}

impl EslEventKind {
    fn from_name(name: &[u8]) -> Self {
        match name {
            b"CHANNEL_ANSWER" => Self::Answer,
            b"CHANNEL_EXECUTE" => Self::Execute,
            b"CHANNEL_EXECUTE_COMPLETE" => Self::ExecuteComplete,
            b"CHANNEL_HANGUP" => Self::Hangup,
            b"CHANNEL_HANGUP_COMPLETE" => Self::HangupComplete,
            b"CHANNEL_PARK" => Self::Park,
            b"CHANNEL_UNPARK" => Self::Unpark,
            b"DTMF" => Self::Dtmf,
            b"PLAYBACK_START" => Self::PlaybackStart,
            b"PLAYBACK_STOP" => Self::PlaybackStop,
            b"BACKGROUND_JOB" => Self::BackgroundJob,
            _ => Self::Other,
        }
    }
}

impl EslEvent {
    /// The event in the body of a `text/event-plain`.
    pub fn from_body(bytes: &Bytes) -> Self {
        let (headers, body) = parse::split_event(bytes);
        let (headers, body) = (bytes.slice_ref(headers), bytes.slice_ref(body));
        let kind = EslEventKind::from_name(
            parse::find_header(&headers, b"Event-Name").unwrap_or_default(),
        );
        Self { kind, headers: EslHeaders::from(headers), body: LossyText::from(body) }
    }

    /// Which event it is.
    pub fn kind(&self) -> EslEventKind {
        self.kind
    }

    /// `Event-Name`
    pub fn name(&self) -> Cow<'_, str> {
        self.get("Event-Name").unwrap_or_default()
    }

    /// Any header. Of two with the same name it is the first, and names are the same in small letters and in capitals.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.get(name)
    }

    /// All headers.
    pub fn headers(&self) -> &EslHeaders {
        &self.headers
    }

    /// What stands behind the headers, not encoded.
    pub fn body(&self) -> &LossyText {
        &self.body
    }

    /// `Unique-ID`: whose event it is.
    pub fn unique_id(&self) -> Option<Cow<'_, str>> {
        self.get("Unique-ID")
    }

    /// `Application-UUID`: the `Event-UUID` of the execute; FreeSWITCH makes one up where none was given.
    pub fn application_uuid(&self) -> Option<Cow<'_, str>> {
        self.get("Application-UUID")
    }

    /// `Application`
    pub fn application(&self) -> Option<Cow<'_, str>> {
        self.get("Application")
    }

    /// `Application-Response`: `None` also where the application set none. Proves nothing: an application that ran
    /// inside another leaves its own to that one.
    pub fn application_response(&self) -> Option<Cow<'_, str>> {
        self.get("Application-Response").filter(|response| response != "_none_")
    }

    /// `DTMF-Digit`, where a telephone has the key.
    pub fn digit(&self) -> Option<char> {
        let digit = self.get("DTMF-Digit")?;
        let mut keys = digit.chars();
        keys.next().filter(|&key| is_dtmf_key(key) && keys.next().is_none())
    }

    /// `DTMF-Duration`, which is sent in steps of 8 kHz.
    pub fn digit_duration(&self) -> Option<Duration> {
        let steps: u32 = self.get("DTMF-Duration")?.parse().ok()?;
        Some(Duration::from_micros(u64::from(steps) * 125))
    }

    /// `Hangup-Cause`, such as `NORMAL_CLEARING`.
    pub fn hangup_cause(&self) -> Option<Cow<'_, str>> {
        self.get("Hangup-Cause")
    }

    /// `Answer-State`: `ringing`, `early`, `answered`, `hangup`.
    pub fn answer_state(&self) -> Option<Cow<'_, str>> {
        self.get("Answer-State")
    }

    /// `Channel-State`, such as `CS_EXECUTE`.
    pub fn channel_state(&self) -> Option<Cow<'_, str>> {
        self.get("Channel-State")
    }

    /// `Playback-Status`: `done`, or `break` where something ended the sound.
    pub fn playback_status(&self) -> Option<Cow<'_, str>> {
        self.get("Playback-Status")
    }

    /// `Job-UUID`
    pub fn job_uuid(&self) -> Option<Cow<'_, str>> {
        self.get("Job-UUID")
    }

    /// A channel variable, as it was then.
    pub fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.variable(name)
    }
}

/// A digit may be one of a PIN: only the kind is shown.
impl fmt::Debug for EslEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EslEvent({:?}, {:?})", self.kind, self.headers)
    }
}
