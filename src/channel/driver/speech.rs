//! A question that may be answered by speech, with keys beside it where they are asked for.

use tokio::time::Instant;

use super::{
    ChannelDriver, RecognizeOptions, RecognizeResult, RecordOptions, RecordResult, collect_keys,
    play_prompt,
};
use crate::channel::digits::DigitCollector;
use crate::channel::{AsrSource, Interruption, Sound, SoundStream, SpeechOptions, SpeechResult};

/// Listens, and goes over to keys with the first one that comes.
pub(super) async fn ask_for_speech(
    leg: &mut impl ChannelDriver,
    sounds: &mut impl SoundStream,
    listen: &SpeechOptions,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<SpeechResult, Interruption> {
    let said = match &listen.source {
        AsrSource::Recording(file) => {
            leg.prepare_question(Some(file), collector.as_deref_mut()).await?;
            play_prompt(leg, sounds, collector.as_deref_mut()).await?;
            match has_keys(&collector) || sounds.all_failed() {
                true => SpeechResult::NoInput,
                false => record_utterance(leg, listen, file, collector.as_deref_mut()).await?,
            }
        }
        AsrSource::Switch { engine, grammar } => {
            leg.prepare_question(None, None).await?;
            let recognition = RecognizeOptions {
                engine,
                grammar,
                no_input_timeout: listen.no_input_timeout,
                end_silence: listen.end_silence,
                max_duration: listen.max_duration,
            };
            recognize_utterance(leg, sounds, &recognition, collector.as_deref_mut()).await?
        }
    };
    if let Some(collector) = collector.filter(|collector| collector.has_keys()) {
        collector.prompt_finished(Instant::now());
        collect_keys(leg, collector).await?;
    }
    Ok(said)
}

fn has_keys(collector: &Option<&mut DigitCollector<'_>>) -> bool {
    collector.as_ref().is_some_and(|collector| collector.has_keys())
}

/// Records again while there is nothing but silence and the time to begin is not over: switches have one time for the
/// silence before what is said and behind it.
async fn record_utterance(
    leg: &mut impl ChannelDriver,
    listen: &SpeechOptions,
    file: &str,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<SpeechResult, Interruption> {
    let begun = Instant::now();
    let recording =
        RecordOptions { file, end_silence: listen.end_silence, max_duration: listen.max_duration };
    loop {
        match leg.record(&recording, collector.as_deref_mut()).await? {
            RecordResult::Speech => return Ok(SpeechResult::Recorded),
            RecordResult::Key if has_keys(&collector) => return Ok(SpeechResult::NoInput),
            RecordResult::Key => return Ok(SpeechResult::Recorded),
            RecordResult::Silence if begun.elapsed() >= listen.no_input_timeout => {
                return Ok(SpeechResult::NoInput);
            }
            RecordResult::Silence => {}
            RecordResult::Failed(reason) => return Ok(SpeechResult::Failed(reason)),
        }
    }
}

/// The last sound is the switch's, since it can end it when the caller speaks; unless no key may end the prompt, or it is
/// no file. A switch that can't listen fails before it plays it: it is heard all the same where keys serve.
async fn recognize_utterance(
    leg: &mut impl ChannelDriver,
    sounds: &mut impl SoundStream,
    recognition: &RecognizeOptions<'_>,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<SpeechResult, Interruption> {
    let last = match collector.as_ref().is_none_or(|collector| collector.allows_barge_in()) {
        true => play_all_but_last(leg, sounds, collector.as_deref_mut()).await?,
        false => play_prompt(leg, sounds, collector.as_deref_mut()).await.map(|()| None)?,
    };
    if has_keys(&collector) || (last.is_none() && sounds.all_failed()) {
        return Ok(SpeechResult::NoInput);
    }
    let recognised = leg.recognize(recognition, last.as_ref(), collector.as_deref_mut()).await?;
    Ok(match recognised {
        RecognizeResult::Words(words) => SpeechResult::Words(words),
        RecognizeResult::Silence | RecognizeResult::Key => SpeechResult::NoInput,
        RecognizeResult::Failed(reason) => {
            if collector.is_some() {
                leg.play_sounds(last.as_slice(), collector).await?;
            }
            SpeechResult::Failed(reason)
        }
    })
}

/// Plays all sounds but the last, which is left; or as many as are heard until a key comes.
async fn play_all_but_last(
    leg: &mut impl ChannelDriver,
    sounds: &mut impl SoundStream,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<Option<Sound>, Interruption> {
    let mut last = None;
    while !has_keys(&collector) {
        let next = leg.wait_in_silence(sounds.next(), collector.as_deref_mut()).await?;
        let Some(Some(next)) = next else { break };
        if let Some(sound) = last.replace(next) {
            leg.play_sounds(&[sound], collector.as_deref_mut()).await?;
        }
    }
    let is_said = matches!(last, Some(Sound::Digits(_) | Sound::Letters(_) | Sound::Tts(_)));
    if is_said && !has_keys(&collector) {
        leg.play_sounds(last.take().as_slice(), collector).await?;
    }
    Ok(last)
}
