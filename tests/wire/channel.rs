//! Prompts of several parts and questions, independent of the switch, on a fake channel.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use dialscript::channel::digits::{DigitCollector, TypeAheadBuffer};
use dialscript::channel::{
    AsrSource, Caller, Channel, Destination, DestinationCheck, DigitOptions, Exit, HandoverResult,
    HoldMedia, Interruption, KeySet, LineState, RecognizeOptions, RecognizeResult, RecordOptions,
    RecordResult, Sound, SoundStream, SpeechOptions, SpeechResult, TypeAhead,
};
use tokio::time::{Instant, sleep};

/// Length of a fake recording. It ends by silence unless a test says otherwise.
const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
struct FakeChannel {
    caller: Arc<Caller>,
    type_ahead: TypeAheadBuffer,
    /// Keys that are pressed during each batch of sounds.
    keys_in_sounds: VecDeque<&'static str>,
    /// Keys that are pressed while a sound is synthesized.
    keys_in_silence: &'static str,
    recordings: VecDeque<RecordResult>,
    actions: Vec<String>,
}

fn press(collector: Option<&mut DigitCollector<'_>>, keys: &str) {
    if let Some(collector) = collector {
        keys.chars().for_each(|key| collector.push_key(key, Instant::now()));
    }
}

impl Channel for FakeChannel {
    fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    fn type_ahead(&mut self) -> &mut TypeAheadBuffer {
        &mut self.type_ahead
    }

    fn has_tts(&self) -> bool {
        false
    }

    async fn prepare_question(
        &mut self,
        _: Option<&str>,
        _: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        Ok(())
    }

    async fn play_sounds(
        &mut self,
        sounds: &[Sound],
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        self.actions.push(format!("{sounds:?}"));
        press(collector, self.keys_in_sounds.pop_front().unwrap_or_default());
        Ok(())
    }

    async fn wait_for_key(
        &mut self,
        time: Duration,
        _: &mut DigitCollector<'_>,
    ) -> Result<(), Interruption> {
        self.actions.push(format!("key within {time:?}"));
        sleep(time).await;
        Ok(())
    }

    async fn wait_in_silence<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<Option<T>, Interruption> {
        press(collector.as_deref_mut(), std::mem::take(&mut self.keys_in_silence));
        match collector.is_some_and(|collector| collector.ends_prompt()) {
            true => Ok(None),
            false => Ok(Some(work.await)),
        }
    }

    async fn record(
        &mut self,
        recording: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecordResult, Interruption> {
        self.actions.push(format!("record {}", recording.file));
        sleep(SECOND).await;
        let recorded = self.recordings.pop_front().unwrap_or(RecordResult::Silence);
        press(collector, if recorded == RecordResult::Key { "1" } else { "" });
        Ok(recorded)
    }

    async fn recognize(
        &mut self,
        _: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        _: Option<&mut DigitCollector<'_>>,
    ) -> Result<RecognizeResult, Interruption> {
        self.actions.push(format!("recognise in {prompt:?}"));
        Ok(RecognizeResult::Words("yes".into()))
    }

    async fn pick_up(&mut self, _: bool) -> Result<LineState, Interruption> {
        Ok(LineState::Up)
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        _: &HoldMedia,
    ) -> Result<T, Interruption> {
        Ok(work.await)
    }

    async fn check_destination(
        &mut self,
        _: &Destination,
    ) -> Result<DestinationCheck, Interruption> {
        Ok(DestinationCheck::Unknown)
    }

    async fn set_variables(&mut self, _: &[(&str, String)]) -> Result<(), Interruption> {
        Ok(())
    }

    fn set_language(&mut self, _: &str) {}

    async fn hand_over(self, _: &[(&str, String)], _: &Exit) -> HandoverResult {
        HandoverResult::Completed
    }
}

/// Sounds with the time that the synthesis of each takes.
struct TimedSounds(VecDeque<(&'static str, Duration)>);

impl SoundStream for TimedSounds {
    async fn next(&mut self) -> Option<Sound> {
        if let Some((_, time)) = self.0.front_mut().filter(|(_, time)| !time.is_zero()) {
            sleep(*time).await;
            *time = Duration::ZERO;
        }
        self.0.pop_front().map(|(name, _)| Sound::Named(name.into()))
    }
}

fn timed_sounds<const N: usize>(sounds: [(&'static str, u64); N]) -> TimedSounds {
    let sounds = sounds.into_iter();
    TimedSounds(sounds.map(|(name, seconds)| (name, Duration::from_secs(seconds))).collect())
}

/// A prompt whose parts all failed.
struct FailedPrompt;

impl SoundStream for FailedPrompt {
    async fn next(&mut self) -> Option<Sound> {
        None
    }

    fn all_failed(&self) -> bool {
        true
    }
}

fn digits() -> DigitOptions {
    DigitOptions {
        keys: KeySet::DIGITS,
        max_digits: 4,
        first_digit_timeout: Duration::from_secs(8),
        inter_digit_timeout: Duration::from_secs(2),
        terminator: Some('#'),
        clear: None,
        barge_in: true,
    }
}

fn speech(source: AsrSource, keys: Option<DigitOptions>) -> SpeechOptions {
    let start = Duration::from_secs(5);
    SpeechOptions {
        source,
        no_input_timeout: start,
        end_silence: SECOND,
        max_duration: Duration::from_secs(15),
        digits: keys,
    }
}

fn recording(keys: Option<DigitOptions>) -> SpeechOptions {
    speech(AsrSource::Recording("/r/1.wav".into()), keys)
}

fn by_switch() -> SpeechOptions {
    by_switch_or(None)
}

fn by_switch_or(keys: Option<DigitOptions>) -> SpeechOptions {
    speech(AsrSource::Switch { engine: "".into(), grammar: "yes".into() }, keys)
}

#[tokio::test(start_paused = true)]
async fn ready_sounds_are_played_together_and_a_late_one_is_awaited() {
    let mut channel = FakeChannel::default();
    let mut sounds = timed_sounds([("a", 0), ("b", 0), ("c", 1), ("d", 0)]);
    Channel::play(&mut channel, &mut sounds, TypeAhead::Discard).await.unwrap();
    assert_eq!(channel.actions, ["[a, b]", "[c, d]"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_ends_the_prompt_while_a_part_is_still_synthesized() {
    let mut channel = FakeChannel { keys_in_silence: "47", ..FakeChannel::default() };
    let mut sounds = timed_sounds([("a", 0), ("b", 9)]);
    let heard = Channel::collect_digits(&mut channel, &mut sounds, &digits()).await.unwrap();
    assert_eq!(heard.digits, "47");
    assert_eq!(channel.actions, ["[a]", "key within 2s"]);
}

#[tokio::test(start_paused = true)]
async fn a_question_whose_prompt_failed_does_not_wait_for_input() {
    let started = Instant::now();
    let mut channel = FakeChannel::default();
    let heard = Channel::collect_digits(&mut channel, &mut FailedPrompt, &digits()).await.unwrap();
    assert_eq!(heard.digits, "");
    for listen in [recording(None), recording(Some(digits())), by_switch()] {
        let said = Channel::collect_speech(&mut channel, &mut FailedPrompt, &listen).await.unwrap();
        assert_eq!(said, SpeechResult::NoInput);
    }
    assert!(channel.actions.is_empty(), "{:?}", channel.actions);
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn type_ahead_counts_for_a_question_whose_prompt_failed() {
    let mut channel = FakeChannel { keys_in_sounds: ["4711"].into(), ..FakeChannel::default() };
    let ask = digits();
    Channel::play(&mut channel, &mut timed_sounds([("a", 0)]), TypeAhead::Keep(&ask))
        .await
        .unwrap();
    let heard = Channel::collect_digits(&mut channel, &mut FailedPrompt, &ask).await.unwrap();
    assert_eq!(heard.digits, "4711");
}

#[tokio::test(start_paused = true)]
async fn recording_repeats_until_the_start_timeout() {
    let mut channel = FakeChannel::default();
    let said = Channel::collect_speech(&mut channel, &mut timed_sounds([]), &recording(None))
        .await
        .unwrap();
    assert_eq!((said, channel.actions.len()), (SpeechResult::NoInput, 5));
    let recordings = [RecordResult::Silence, RecordResult::Speech].into();
    let mut channel = FakeChannel { recordings, ..FakeChannel::default() };
    let said = Channel::collect_speech(&mut channel, &mut timed_sounds([]), &recording(None))
        .await
        .unwrap();
    assert_eq!((said, channel.actions.len()), (SpeechResult::Recorded, 2));
}

#[tokio::test(start_paused = true)]
async fn a_key_in_a_recording_is_the_first_digit_or_ends_the_utterance() {
    let channel =
        || FakeChannel { recordings: [RecordResult::Key].into(), ..FakeChannel::default() };
    let mut asked = channel();
    let listen = recording(Some(digits()));
    let said = Channel::collect_speech(&mut asked, &mut timed_sounds([]), &listen).await.unwrap();
    let SpeechResult::Digits(heard) = said else { panic!("{said:?}") };
    assert_eq!((heard.digits.as_str(), asked.actions.len()), ("1", 2), "{:?}", asked.actions);
    let said = Channel::collect_speech(&mut channel(), &mut timed_sounds([]), &recording(None))
        .await
        .unwrap();
    assert_eq!(said, SpeechResult::Recorded);
}

#[tokio::test(start_paused = true)]
async fn after_a_key_in_the_prompt_no_recording_is_made() {
    let mut channel = FakeChannel { keys_in_sounds: ["4"].into(), ..FakeChannel::default() };
    let listen = recording(Some(digits()));
    let said = Channel::collect_speech(&mut channel, &mut timed_sounds([("a", 0)]), &listen)
        .await
        .unwrap();
    assert!(matches!(said, SpeechResult::Digits(heard) if heard.digits == "4"));
    assert_eq!(channel.actions, ["[a]", "key within 2s"]);
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_fails_is_reported() {
    let recordings = [RecordResult::Failed("no space".into())].into();
    let mut channel = FakeChannel { recordings, ..FakeChannel::default() };
    let said = Channel::collect_speech(&mut channel, &mut timed_sounds([]), &recording(None))
        .await
        .unwrap();
    assert_eq!(said, SpeechResult::Failed("no space".into()));
}

#[tokio::test(start_paused = true)]
async fn the_last_sound_is_played_by_the_switch_during_recognition() {
    let mut channel = FakeChannel::default();
    let mut sounds = timed_sounds([("a", 0), ("b", 1), ("c", 0)]);
    let said = Channel::collect_speech(&mut channel, &mut sounds, &by_switch()).await.unwrap();
    assert_eq!(said, SpeechResult::Words("yes".into()));
    assert_eq!(channel.actions, ["[a]", "[b]", "recognise in Some(c)"]);
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_recognition_starts_after_the_prompt() {
    let listen = by_switch_or(Some(DigitOptions { barge_in: false, ..digits() }));
    let mut channel = FakeChannel::default();
    let said =
        Channel::collect_speech(&mut channel, &mut timed_sounds([("a", 0), ("b", 0)]), &listen)
            .await
            .unwrap();
    assert_eq!(said, SpeechResult::Words("yes".into()));
    assert_eq!(channel.actions, ["[a, b]", "recognise in None"]);
    let mut channel = FakeChannel { keys_in_sounds: ["4"].into(), ..FakeChannel::default() };
    let said =
        Channel::collect_speech(&mut channel, &mut timed_sounds([("a", 0), ("b", 0)]), &listen)
            .await
            .unwrap();
    assert!(matches!(said, SpeechResult::Digits(heard) if heard.digits == "4"));
    assert_eq!(channel.actions, ["[a, b]", "key within 2s"]);
}

#[tokio::test(start_paused = true)]
async fn without_barge_in_the_inter_digit_timeout_starts_after_the_prompt() {
    let keys = Some(DigitOptions { barge_in: false, ..digits() });
    for listen in [recording(keys.clone()), by_switch_or(keys)] {
        let mut channel = FakeChannel { keys_in_sounds: ["4"].into(), ..FakeChannel::default() };
        let mut prompt = timed_sounds([("a", 0), ("b", 9)]);
        Channel::collect_speech(&mut channel, &mut prompt, &listen).await.unwrap();
        assert_eq!(channel.actions, ["[a]", "[b]", "key within 2s"]);
    }
}
