//! Events from FreeSWITCH.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::headers::EslHeaders;
use crate::channel::key_set::is_dtmf_key;
use crate::wire::LossyText;

/// One event in plain format.
#[derive(Clone, PartialEq, Eq)]
pub struct EslEvent {
    kind: EslEventKind,
    headers: EslHeaders,
    body: LossyText,
}

/// Kinds of events, by `Event-Name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EslEventKind {
    /// `CHANNEL_ANSWER`: the channel was picked up.
    Answer,
    /// `CHANNEL_EXECUTE`: an application begins.
    Execute,
    /// `CHANNEL_EXECUTE_COMPLETE`: an application has ended.
    ExecuteComplete,
    /// `CHANNEL_HANGUP`: the call has ended. An application may still run.
    Hangup,
    /// `CHANNEL_HANGUP_COMPLETE`: the last event of a call.
    HangupComplete,
    /// `CHANNEL_PARK`: the channel waits for our commands.
    Park,
    /// `CHANNEL_UNPARK`: the channel no longer waits for them.
    Unpark,
    /// `DTMF`: an application or `park` has read a key from the channel (`switch_channel_dequeue_dtmf` in
    /// `switch_channel.c`). It may have been pressed earlier.
    Dtmf,
    /// `PLAYBACK_START`
    PlaybackStart,
    /// `PLAYBACK_STOP`
    PlaybackStop,
    /// `BACKGROUND_JOB`: the body is the result of a `bgapi`.
    BackgroundJob,
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
    /// Parses the body of a `text/event-plain` message. Nothing is copied.
    pub fn from_body(bytes: Bytes) -> Self {
        let (headers, body) = EslHeaders::parse(bytes);
        let kind = EslEventKind::from_name(headers.raw("Event-Name").unwrap_or_default());
        Self { kind, headers, body: LossyText::from(body) }
    }

    pub fn kind(&self) -> EslEventKind {
        self.kind
    }

    /// `Event-Name`
    pub fn name(&self) -> Cow<'_, str> {
        self.get("Event-Name").unwrap_or_default()
    }

    /// The value of any header. Names are not case-sensitive. Of two headers with the same name, the first one counts.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.get(name)
    }

    pub fn headers(&self) -> &EslHeaders {
        &self.headers
    }

    /// The event's own body, not encoded.
    pub fn body(&self) -> &LossyText {
        &self.body
    }

    /// `Unique-ID`: the channel's identifier.
    pub fn unique_id(&self) -> Option<Cow<'_, str>> {
        self.get("Unique-ID")
    }

    /// `Application-UUID`: the `Event-UUID` of the `execute` command, or one that FreeSWITCH has generated.
    pub fn application_uuid(&self) -> Option<Cow<'_, str>> {
        self.get("Application-UUID")
    }

    /// `Application`
    pub fn application(&self) -> Option<Cow<'_, str>> {
        self.get("Application")
    }

    /// `Application-Response`; `None` if the application has set none. Not reliable: the response may come from another
    /// application that ran inside this one.
    pub fn application_response(&self) -> Option<Cow<'_, str>> {
        self.get("Application-Response").filter(|response| response != "_none_")
    }

    /// `DTMF-Digit`, if it is a DTMF key. A letter may be a small one (`is_dtmf` in `switch_utils.h`).
    pub fn digit(&self) -> Option<char> {
        let digit = self.get("DTMF-Digit")?;
        let mut keys = digit.chars().map(|key| key.to_ascii_uppercase());
        keys.next().filter(|&key| is_dtmf_key(key) && keys.next().is_none())
    }

    /// `DTMF-Duration`, which counts samples at 8 kHz.
    pub fn digit_duration(&self) -> Option<Duration> {
        let samples: u32 = self.get("DTMF-Duration")?.parse().ok()?;
        Some(Duration::from_micros(u64::from(samples) * 125))
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

    /// `Job-UUID`
    pub fn job_uuid(&self) -> Option<Cow<'_, str>> {
        self.get("Job-UUID")
    }

    /// A channel variable, as it was at the time of the event.
    pub fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers.variable(name)
    }
}

/// A digit may be one of a PIN, so only the kind is shown.
impl fmt::Debug for EslEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EslEvent({:?}, {:?})", self.kind, self.headers)
    }
}
