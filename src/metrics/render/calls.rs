//! The metrics of calls, speech and sounds.

use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::ConstCounter;

use super::sample::{encode_family, encode_gauge, encode_histograms};
use crate::metrics::snapshot::MetricsSnapshot;
use crate::voice::EngineSnapshot;

pub(super) fn encode_calls(
    into: &mut DescriptorEncoder<'_>,
    snapshot: &MetricsSnapshot,
) -> fmt::Result {
    let ended = snapshot.ended_calls.iter().map(|(switch, outcome, count)| {
        let labels = [("switch", switch.as_str()), ("outcome", outcome.as_str())];
        (labels, ConstCounter::new(*count))
    });
    encode_family(into, "calls", "Finished calls", None, ended)?;
    let refused = snapshot.refused_calls.iter().map(|(switch, reason, count)| {
        let labels = [("switch", switch.as_str()), ("reason", reason.as_str())];
        (labels, ConstCounter::new(*count))
    });
    encode_family(into, "calls_refused", "Refused calls", None, refused)?;
    encode_gauge(into, "calls_under_way", "Calls in progress", snapshot.active_calls)?;
    encode_gauge(into, "calls_limit", "The most calls at the same time", snapshot.max_calls)?;
    let help = "Duration of calls, from accepting the connection to closing it";
    encode_histograms(into, "call_duration", help, ["switch"], &snapshot.call_times)?;
    let help = "Duration of questions, from the start of the prompt to the end of the input";
    encode_histograms(into, "input", help, ["script"], &snapshot.input_times)?;
    let help = "Duration of hand-overs to the dialplan, with the variables";
    encode_histograms(into, "handover", help, ["switch"], &snapshot.handover_times)
}

pub(super) fn encode_voice(
    into: &mut DescriptorEncoder<'_>,
    snapshot: &MetricsSnapshot,
) -> fmt::Result {
    let voice = &snapshot.voice;
    let help = "Duration of speech synthesis, for one text with one engine";
    encode_histograms(into, "tts", help, ["engine"], &voice.tts.times)?;
    encode_errors(into, "tts_errors", "Failed speech syntheses", &voice.tts)?;
    let help = "Duration of speech recognition, for one recording";
    encode_histograms(into, "asr", help, ["engine"], &voice.asr.times)?;
    encode_errors(into, "asr_errors", "Failed speech recognitions", &voice.asr)?;
    let (sounds, bytes) = (voice.cached_sounds, voice.cached_sound_bytes);
    encode_gauge(into, "sound_cache_entries", "Cached sounds", sounds)?;
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    encode_gauge(into, "sound_cache_bytes", "Size of the cached sounds", bytes)
}

fn encode_errors(
    into: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    engines: &EngineSnapshot,
) -> fmt::Result {
    let errors = engines.errors.iter();
    let errors = errors.map(|(name, count)| ([("engine", &**name)], ConstCounter::new(*count)));
    encode_family(into, name, help, None, errors)
}
