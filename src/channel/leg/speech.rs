//! A question that may be answered by speech, with keys beside it where they are asked for.

use tokio::time::Instant;

use super::{Leg, Recognised, Recognition, Recorded, Recording, keys, prompt};
use crate::channel::digits::Collector;
use crate::channel::{Ear, Interrupted, Listen, Said, Sound, Sounds};

/// Listens, and goes over to keys with the first one that comes.
pub(super) async fn speech(
    leg: &mut impl Leg,
    sounds: &mut impl Sounds,
    listen: &Listen,
    mut collector: Option<&mut Collector<'_>>,
) -> Result<Said, Interrupted> {
    let said = match &listen.ear {
        Ear::Recording(file) => {
            leg.begin_question(Some(file), collector.as_deref_mut()).await?;
            prompt(leg, sounds, collector.as_deref_mut()).await?;
            match pressed(&collector) || sounds.unheard() {
                true => Said::Nothing,
                false => record(leg, listen, file, collector.as_deref_mut()).await?,
            }
        }
        Ear::Switch { engine, grammar } => {
            leg.begin_question(None, None).await?;
            let recognition = Recognition {
                engine,
                grammar,
                start: listen.start,
                silence: listen.silence,
                maximum: listen.maximum,
            };
            recognise(leg, sounds, &recognition, collector.as_deref_mut()).await?
        }
    };
    if let Some(collector) = collector.filter(|collector| collector.has_keys()) {
        collector.prompt_over(Instant::now());
        keys(leg, collector).await?;
    }
    Ok(said)
}

fn pressed(collector: &Option<&mut Collector<'_>>) -> bool {
    collector.as_ref().is_some_and(|collector| collector.has_keys())
}

/// Records again while there is nothing but silence and the time to begin is not over: switches have one time for the
/// silence before what is said and behind it.
async fn record(
    leg: &mut impl Leg,
    listen: &Listen,
    file: &str,
    mut collector: Option<&mut Collector<'_>>,
) -> Result<Said, Interrupted> {
    let begun = Instant::now();
    let recording = Recording { file, silence: listen.silence, maximum: listen.maximum };
    loop {
        match leg.record(&recording, collector.as_deref_mut()).await? {
            Recorded::Something => return Ok(Said::Recorded),
            Recorded::Key if pressed(&collector) => return Ok(Said::Nothing),
            Recorded::Key => return Ok(Said::Recorded),
            Recorded::Silence if begun.elapsed() >= listen.start => return Ok(Said::Nothing),
            Recorded::Silence => {}
            Recorded::Failed(reason) => return Ok(Said::Unheard(reason)),
        }
    }
}

/// The last sound is the switch's, since it can end it when the caller speaks; unless no key may end the prompt, or it is
/// no file. A switch that can't listen fails before it plays it: it is heard all the same where keys serve.
async fn recognise(
    leg: &mut impl Leg,
    sounds: &mut impl Sounds,
    recognition: &Recognition<'_>,
    mut collector: Option<&mut Collector<'_>>,
) -> Result<Said, Interrupted> {
    let last = match collector.as_ref().is_none_or(|collector| collector.barges_in()) {
        true => all_but_the_last(leg, sounds, collector.as_deref_mut()).await?,
        false => prompt(leg, sounds, collector.as_deref_mut()).await.map(|()| None)?,
    };
    if pressed(&collector) || (last.is_none() && sounds.unheard()) {
        return Ok(Said::Nothing);
    }
    let recognised = leg.recognise(recognition, last.as_ref(), collector.as_deref_mut()).await?;
    Ok(match recognised {
        Recognised::Words(words) => Said::Words(words),
        Recognised::Silence | Recognised::Key => Said::Nothing,
        Recognised::Failed(reason) => {
            if collector.is_some() {
                leg.sounds(last.as_slice(), collector).await?;
            }
            Said::Unheard(reason)
        }
    })
}

/// Plays all sounds but the last, which is left; or as many as are heard until a key comes.
async fn all_but_the_last(
    leg: &mut impl Leg,
    sounds: &mut impl Sounds,
    mut collector: Option<&mut Collector<'_>>,
) -> Result<Option<Sound>, Interrupted> {
    let mut last = None;
    while !pressed(&collector) {
        let next = leg.silence(sounds.next(), collector.as_deref_mut()).await?;
        let Some(Some(next)) = next else { break };
        if let Some(sound) = last.replace(next) {
            leg.sounds(&[sound], collector.as_deref_mut()).await?;
        }
    }
    let is_said = matches!(last, Some(Sound::Digits(_) | Sound::Letters(_) | Sound::Spoken(_)));
    if is_said && !pressed(&collector) {
        leg.sounds(last.take().as_slice(), collector).await?;
    }
    Ok(last)
}
