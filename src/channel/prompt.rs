//! Prompts and digit input. Both drivers share this code: it plays the sounds of a prompt in batches, ends the prompt
//! at a key, and collects keys while a sound is still being rendered.

use futures_util::FutureExt;
use tokio::time::Instant;

use super::digits::DigitCollector;
use super::{Channel, DigitOptions, Digits, Interruption, SoundStream};

/// Maximum number of sounds that a driver is given at once.
const MAX_BATCH_SOUNDS: usize = 32;

/// What happens to keys pressed during a prompt that asks no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeAhead<'a> {
    /// They are discarded and interrupt nothing.
    Discard,
    /// They are kept as input for the question that follows, which has these options.
    Keep(&'a DigitOptions),
}

/// [`Channel::play`]
pub(super) async fn play(
    channel: &mut impl Channel,
    sounds: &mut impl SoundStream,
    type_ahead: TypeAhead<'_>,
) -> Result<(), Interruption> {
    match type_ahead {
        TypeAhead::Discard => play_prompt(channel, sounds, None).await,
        TypeAhead::Keep(options) => {
            let mut collector = channel.type_ahead().start_collector(options);
            play_prompt(channel, sounds, Some(&mut collector)).await?;
            channel.type_ahead().store(collector);
            Ok(())
        }
    }
}

/// [`Channel::collect_digits`]
pub(super) async fn collect_digits(
    channel: &mut impl Channel,
    sounds: &mut impl SoundStream,
    options: &DigitOptions,
) -> Result<Digits, Interruption> {
    let mut collector = channel.type_ahead().start_collector(options);
    let result = ask_question(channel, sounds, &mut collector).await;
    with_digits(result, collector).map(|((), digits)| digits)
}

async fn ask_question(
    channel: &mut impl Channel,
    sounds: &mut impl SoundStream,
    collector: &mut DigitCollector<'_>,
) -> Result<(), Interruption> {
    channel.prepare_question(None, None).await?;
    play_prompt(channel, sounds, Some(collector)).await?;
    if sounds.all_failed() && !collector.has_keys() {
        return Ok(());
    }
    collector.prompt_finished(Instant::now());
    collect_keys(channel, collector).await
}

/// Plays the sounds until a key ends the prompt. Sounds that are ready are played in one batch. While none is ready,
/// keys are still collected.
pub(super) async fn play_prompt(
    channel: &mut impl Channel,
    sounds: &mut impl SoundStream,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<(), Interruption> {
    let ends_prompt = |collector: &Option<&mut DigitCollector<'_>>| {
        collector.as_ref().is_some_and(|collector| collector.ends_prompt())
    };
    while !ends_prompt(&collector) {
        let first = match sounds.next().now_or_never() {
            Some(first) => first,
            None => {
                let waited = channel.wait_in_silence(sounds.next(), collector.as_deref_mut());
                // In a box: its future is large, and most sounds are ready.
                match Box::pin(waited).await? {
                    Some(first) => first,
                    None => return Ok(()),
                }
            }
        };
        let Some(first) = first else { return Ok(()) };
        let mut batch = vec![first];
        let mut is_last = false;
        while batch.len() < MAX_BATCH_SOUNDS && !is_last {
            match sounds.next().now_or_never() {
                Some(Some(sound)) => batch.push(sound),
                Some(None) => is_last = true,
                None => break,
            }
        }
        channel.play_sounds(&batch, collector.as_deref_mut()).await?;
        if is_last {
            return Ok(());
        }
    }
    Ok(())
}

/// Collects keys until the input is complete or a timeout ends it.
pub(super) async fn collect_keys(
    channel: &mut impl Channel,
    collector: &mut DigitCollector<'_>,
) -> Result<(), Interruption> {
    while let Some(timeout) = collector.remaining_time(Instant::now()) {
        channel.wait_for_key(timeout, collector).await?;
    }
    Ok(())
}

/// Adds the digits to a result. If the caller hung up, the digits entered until then are added to the error.
pub(super) fn with_digits<T>(
    result: Result<T, Interruption>,
    collector: DigitCollector<'_>,
) -> Result<(T, Digits), Interruption> {
    let digits = collector.into_digits();
    match result {
        Ok(value) => Ok((value, digits)),
        Err(Interruption::CallerHungUp { .. }) => {
            Err(Interruption::CallerHungUp { digits: digits.digits })
        }
        Err(interruption) => Err(interruption),
    }
}
