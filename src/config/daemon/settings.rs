//! The settings in the daemon's file.

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
#[derive(Debug)]
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

impl DaemonSettings {
    /// The tables that differ in `other`. A running daemon applies their changes only after a restart. The folders of
    /// scripts, sounds and secrets are not compared, as each reload reads them again.
    pub fn changed_tables(&self, other: &Self) -> impl Iterator<Item = &'static str> {
        let (limits, other_limits) = (&self.limits, &other.limits);
        let (trigger, other_trigger) = (&self.trigger, &other.trigger);
        let breaker = &trigger.upstream_limits.breaker;
        let same = [
            ("[asterisk]", self.asterisk == other.asterisk),
            ("[asterisk]", limits.handshake_timeout == other_limits.handshake_timeout),
            ("[freeswitch]", self.freeswitch == other.freeswitch),
            ("[server]", server_keys(limits) == server_keys(other_limits)),
            ("[trigger]", self.trigger_keys() == other.trigger_keys()),
            ("[breaker]", *breaker == other_trigger.upstream_limits.breaker),
            ("[cache]", cache_keys(trigger) == cache_keys(other_trigger)),
            ("[upstream]", upstream_keys(trigger) == upstream_keys(other_trigger)),
            ("[egress]", egress_keys(trigger) == egress_keys(other_trigger)),
            ("[log]", self.log == other.log),
            ("[metrics]", self.metrics == other.metrics),
            ("[otlp]", self.otlp == other.otlp),
            ("[control]", self.control == other.control),
            ("[folders]", folder_keys(&self.voice) == folder_keys(&other.voice)),
            ("[speech]", speech_keys(&self.voice) == speech_keys(&other.voice)),
            ("[sound_server]", self.voice.sound_server == other.voice.sound_server),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(table, _)| table)
    }

    fn trigger_keys(&self) -> impl PartialEq {
        let Self { trigger, trigger_defaults, .. } = self;
        let limits = (trigger.max_requests, trigger.upstream_limits.max_concurrent);
        (trigger.connect_timeout, &trigger.proxy, limits, trigger_defaults, trigger.traceparent)
    }
}

fn server_keys(limits: &server::ServerLimits) -> impl PartialEq {
    (limits.max_calls, limits.longest_call, limits.grace)
}

fn cache_keys(settings: &trigger::TriggerSettings) -> impl PartialEq {
    (settings.cache, &settings.shared_cache)
}

fn upstream_keys(settings: &trigger::TriggerSettings) -> impl PartialEq {
    (&settings.upstream_limits.max_concurrent_at, &settings.tls_identities)
}

fn egress_keys(settings: &trigger::TriggerSettings) -> impl PartialEq {
    (&settings.allow_hosts, &settings.allow_networks)
}

fn folder_keys(voice: &voice::settings::VoiceSettings) -> impl PartialEq {
    (&voice.cache_folder, &voice.recordings_folder)
}

fn speech_keys(voice: &voice::settings::VoiceSettings) -> impl PartialEq {
    let engines =
        (&voice.default_engine, &voice.fallback_engine, &voice.named_engines, &voice.asr_engine);
    (engines, voice.timeout, voice.max_concurrent, voice.format, voice.max_cache_bytes)
}
