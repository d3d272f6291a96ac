//! Questions that are answered by speech. The caller may press keys instead, if the script allows it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::digits::DigitCollector;
use super::prompt::{collect_keys, play_prompt, with_digits};
use super::{Channel, DigitOptions, Digits, Interruption, Sound, SoundStream};

/// How to listen to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeechOptions {
    pub source: AsrSource,
    /// Time after the prompt in which the caller must begin to speak.
    pub no_input_timeout: Duration,
    /// Silence that ends the utterance. For a recording it is rounded up to whole seconds, the unit of both switches.
    pub end_silence: Duration,
    /// Maximum length of the utterance.
    pub max_duration: Duration,
    /// Digits that may be entered instead. If `None`, any key ends the utterance.
    pub digits: Option<DigitOptions>,
}

/// Who recognizes the speech.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsrSource {
    /// The daemon. The switch records to this file: a path on the switch's host, with the extension `.wav`.
    Recording(Arc<str>),
    /// The switch's own speech recognition.
    Switch {
        /// The engine, by its name in the switch; empty is the switch's default.
        engine: Arc<str>,
        /// Grammar, in the engine's notation.
        grammar: Arc<str>,
    },
}

/// The result of a question that is answered by speech.
#[derive(Clone, PartialEq, Eq)]
pub enum SpeechResult {
    /// Keys were pressed instead.
    Digits(Digits),
    /// The recording contains speech.
    Recorded,
    /// The words that the switch has recognized; empty if none match its grammar.
    Words(String),
    /// The caller did not speak in time.
    NoInput,
    /// The switch could not listen. The text is the reason.
    Failed(String),
}

/// The words may be a PIN, so they are not shown.
impl fmt::Debug for SpeechResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digits(digits) => digits.fmt(f),
            Self::Recorded => f.write_str("Recorded"),
            Self::Words(words) => write!(f, "Words({} bytes)", words.len()),
            Self::NoInput => f.write_str("NoInput"),
            Self::Failed(reason) => write!(f, "Failed({reason})"),
        }
    }
}

/// Options of [`Channel::record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordOptions<'a> {
    /// Path on the switch's host, with the extension `.wav`. An existing file is overwritten.
    pub file: &'a str,
    /// Silence that ends the recording, before any speech as well as after it. The switches count whole seconds.
    pub end_silence: Duration,
    pub max_duration: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordResult {
    /// The caller spoke, or the maximum duration was reached.
    Speech,
    /// Only silence was recorded.
    Silence,
    /// A key ended it. The collector, if there is one, was given the key.
    Key,
    /// The switch cannot record. The text is the reason.
    Failed(String),
}

/// Options of [`Channel::recognize`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecognizeOptions<'a> {
    /// As in [`AsrSource::Switch`].
    pub engine: &'a str,
    /// As in [`AsrSource::Switch`].
    pub grammar: &'a str,
    /// As in [`SpeechOptions`].
    pub no_input_timeout: Duration,
    /// As in [`SpeechOptions`].
    pub end_silence: Duration,
    /// As in [`SpeechOptions`].
    pub max_duration: Duration,
}

/// How a recognition by the switch ended.
#[derive(Clone, PartialEq, Eq)]
pub enum RecognizeResult {
    /// The words; empty if none match the grammar.
    Words(String),
    /// The caller did not speak in time.
    Silence,
    /// A key ended it. The collector, if there is one, was given the key.
    Key,
    /// The switch cannot recognize speech. The text is the reason.
    Failed(String),
}

/// [`Channel::collect_speech`]
pub(super) async fn collect_speech(
    channel: &mut impl Channel,
    sounds: &mut impl SoundStream,
    options: &SpeechOptions,
) -> Result<SpeechResult, Interruption> {
    let Some(digit_options) = &options.digits else {
        return ask_for_speech(channel, sounds, options, None).await;
    };
    let mut collector = channel.type_ahead().start_collector(digit_options);
    let result = ask_for_speech(channel, sounds, options, Some(&mut collector)).await;
    let has_keys = collector.has_keys();
    let (speech, digits) = with_digits(result, collector)?;
    Ok(if has_keys { SpeechResult::Digits(digits) } else { speech })
}

/// Listens until the first key that the collector accepts. From then on it collects digits.
async fn ask_for_speech(
    channel: &mut impl Channel,
    sounds: &mut impl SoundStream,
    options: &SpeechOptions,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<SpeechResult, Interruption> {
    let speech = match &options.source {
        AsrSource::Recording(file) => {
            channel.prepare_question(Some(file), collector.as_deref_mut()).await?;
            play_prompt(channel, sounds, collector.as_deref_mut()).await?;
            match has_keys(&collector) || sounds.all_failed() {
                true => SpeechResult::NoInput,
                false => record_utterance(channel, options, file, collector.as_deref_mut()).await?,
            }
        }
        AsrSource::Switch { engine, grammar } => {
            channel.prepare_question(None, None).await?;
            let recognition = RecognizeOptions {
                engine,
                grammar,
                no_input_timeout: options.no_input_timeout,
                end_silence: options.end_silence,
                max_duration: options.max_duration,
            };
            recognize_utterance(channel, sounds, &recognition, collector.as_deref_mut()).await?
        }
    };
    if let Some(collector) = collector.filter(|collector| collector.has_keys()) {
        collector.prompt_finished(Instant::now());
        collect_keys(channel, collector).await?;
    }
    Ok(speech)
}

fn has_keys(collector: &Option<&mut DigitCollector<'_>>) -> bool {
    collector.as_ref().is_some_and(|collector| collector.has_keys())
}

/// Both switches have only one silence limit, for the silence before an utterance and after it. So while there is only
/// silence, the recording is repeated until the no-input timeout is over.
async fn record_utterance(
    channel: &mut impl Channel,
    options: &SpeechOptions,
    file: &str,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<SpeechResult, Interruption> {
    let started = Instant::now();
    let SpeechOptions { end_silence, max_duration, .. } = *options;
    let recording = RecordOptions { file, end_silence, max_duration };
    loop {
        match channel.record(&recording, collector.as_deref_mut()).await? {
            RecordResult::Speech => return Ok(SpeechResult::Recorded),
            RecordResult::Key if has_keys(&collector) => return Ok(SpeechResult::NoInput),
            RecordResult::Key => return Ok(SpeechResult::Recorded),
            RecordResult::Silence if started.elapsed() >= options.no_input_timeout => {
                return Ok(SpeechResult::NoInput);
            }
            RecordResult::Silence => {}
            RecordResult::Failed(reason) => return Ok(SpeechResult::Failed(reason)),
        }
    }
}

/// Plays all sounds but the last, and passes the last one to [`Channel::recognize`]: the switch may be able to stop it
/// when the caller speaks. If keys must not end the prompt, all sounds are played before the recognition.
///
/// If the switch cannot recognize speech, it fails before it plays the last sound. If keys are accepted, the sound is
/// then played here, since the caller can still press keys.
async fn recognize_utterance(
    channel: &mut impl Channel,
    sounds: &mut impl SoundStream,
    recognition: &RecognizeOptions<'_>,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<SpeechResult, Interruption> {
    let last = match collector.as_ref().is_none_or(|collector| collector.allows_barge_in()) {
        true => play_all_but_last(channel, sounds, collector.as_deref_mut()).await?,
        false => play_prompt(channel, sounds, collector.as_deref_mut()).await.map(|()| None)?,
    };
    if has_keys(&collector) || (last.is_none() && sounds.all_failed()) {
        return Ok(SpeechResult::NoInput);
    }
    let result = channel.recognize(recognition, last.as_ref(), collector.as_deref_mut()).await?;
    Ok(match result {
        RecognizeResult::Words(words) => SpeechResult::Words(words),
        RecognizeResult::Silence | RecognizeResult::Key => SpeechResult::NoInput,
        RecognizeResult::Failed(reason) => {
            if collector.is_some() {
                channel.play_sounds(last.as_slice(), collector).await?;
            }
            SpeechResult::Failed(reason)
        }
    })
}

/// Plays all sounds except the last, which it returns. Stops at the first key. A last sound that the switch speaks or
/// spells is played too.
async fn play_all_but_last(
    channel: &mut impl Channel,
    sounds: &mut impl SoundStream,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<Option<Sound>, Interruption> {
    let mut last = None;
    while !has_keys(&collector) {
        let next = channel.wait_in_silence(sounds.next(), collector.as_deref_mut()).await?;
        let Some(Some(next)) = next else { break };
        if let Some(sound) = last.replace(next) {
            channel.play_sounds(&[sound], collector.as_deref_mut()).await?;
        }
    }
    let is_spoken = last.as_ref().is_some_and(Sound::is_spoken_by_switch);
    if is_spoken && !has_keys(&collector) {
        channel.play_sounds(last.take().as_slice(), collector).await?;
    }
    Ok(last)
}
