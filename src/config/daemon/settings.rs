//! The settings in the daemon's file. [`reload`](super::reload) says which of them can change while the daemon runs.

use std::path::PathBuf;

use super::listener::ListenerSettings;
use super::log::LogSettings;
use super::metrics::MetricsSettings;
use super::trigger::TriggerDefaults;
use crate::otlp::OtlpSettings;
use crate::server;
use crate::trigger;
use crate::voice;

/// The settings of the daemon's file.
#[derive(Debug, Clone)]
pub struct DaemonSettings {
    /// The listener for Asterisk (FastAGI).
    pub asterisk: ListenerSettings,
    /// The listener for FreeSWITCH (outbound Event Socket).
    pub freeswitch: ListenerSettings,
    /// Limits on the number and the duration of calls.
    pub limits: server::ServerLimits,
    /// The settings for the requests of all scripts.
    pub trigger: trigger::TriggerSettings,
    /// Defaults for the requests of scripts.
    pub trigger_defaults: TriggerDefaults,
    /// Text-to-speech, speech recognition and sounds.
    pub voice: voice::settings::VoiceSettings,
    /// Level and format of the log.
    pub log: LogSettings,
    /// The listener for metrics; `None` if there is none.
    pub metrics: Option<MetricsSettings>,
    /// The export of traces; `None` if there is none.
    pub otlp: Option<OtlpSettings>,
    /// The path of the control socket; `None` if it is turned off.
    pub control: Option<PathBuf>,
}
