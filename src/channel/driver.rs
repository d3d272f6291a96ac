//! Prompts and questions, built on what a driver does with a few sounds, a silence, a recording.
//!
//! Both drivers are a [`ChannelDriver`]; what a prompt of several parts is, when a key ends it, what is done while a part is
//! still being made, and how a question goes on from there is said here, once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use crate::channel::digits::{DigitCollector, TypeAheadBuffer};
use crate::channel::{
    Caller, Channel, Destination, DestinationCheck, DigitOptions, Digits, Exit, HandoverResult,
    HoldMedia, Interruption, LineState, Sound, SoundStream, SpeechOptions, SpeechResult, TypeAhead,
};

mod speech;

use speech::ask_for_speech;

/// Most sounds that are handed to a driver at once.
const MAX_BATCH_SOUNDS: usize = 32;

/// What a driver does itself. Every [`ChannelDriver`] is a [`Channel`].
///
/// A method that takes a collector feeds it every key that comes meanwhile; after a key with which the collector
/// [ends the prompt](Collector::ends_prompt) it returns as soon as the switch allows.
pub trait ChannelDriver: Send {
    /// See [`Channel::caller`].
    fn caller(&self) -> &Arc<Caller>;

    /// Keys that were kept for the next question.
    fn type_ahead(&mut self) -> &mut TypeAheadBuffer;

    /// See [`Channel::has_tts`].
    fn has_tts(&self) -> bool;

    /// Makes the leg ready for a question, and for a recording into a file, so that nothing is to be done between its
    /// prompt and what is said.
    ///
    /// # Errors
    ///
    /// Where none can be asked.
    fn prepare_question(
        &mut self,
        records_into: Option<&str>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// Plays sounds one after the other, without a gap where the switch can. A sound that the switch can't play is
    /// logged and passed over.
    fn play_sounds(
        &mut self,
        sounds: &[Sound],
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// Waits for one key, no longer than `time`.
    fn wait_for_key(
        &mut self,
        time: Duration,
        collector: &mut DigitCollector<'_>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// Silence until `work` is done: its result; `None` where a key has ended the prompt before.
    fn wait_in_silence<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<Option<T>, Interruption>> + Send;

    /// Records what the caller says until it is over, or a key comes.
    fn record(
        &mut self,
        recording: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<RecordResult, Interruption>> + Send;

    /// Lets the switch recognise what the caller says until it is over, or a key comes, which may end `prompt` too. That
    /// is played first, or meanwhile where the switch can break it off when the caller speaks.
    fn recognize(
        &mut self,
        recognition: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<RecognizeResult, Interruption>> + Send;

    /// See [`Channel::pick_up`].
    fn pick_up(
        &mut self,
        answer: bool,
    ) -> impl Future<Output = Result<LineState, Interruption>> + Send;

    /// See [`Channel::wait_for_digit`].
    fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        meanwhile: &HoldMedia,
    ) -> impl Future<Output = Result<T, Interruption>> + Send;

    /// See [`Channel::check_destination`].
    fn check_destination(
        &mut self,
        to: &Destination,
    ) -> impl Future<Output = Result<DestinationCheck, Interruption>> + Send;

    /// See [`Channel::set_variable`].
    fn set_variable(
        &mut self,
        name: &str,
        value: &str,
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// See [`Channel::hand_over`].
    fn hand_over(
        self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> impl Future<Output = HandoverResult> + Send;
}

/// One recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordOptions<'a> {
    /// The file as the switch sees it, with the extension `.wav`. What is in it is replaced.
    pub file: &'a str,
    /// Silence that ends it, from its start or behind what was said; switches count whole seconds.
    pub end_silence: Duration,
    /// Its longest time.
    pub max_duration: Duration,
}

/// What a recording came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordResult {
    /// Something was said, or the longest time was over.
    Speech,
    /// There was only silence.
    Silence,
    /// A key ended it, and it is in the collector where there is one.
    Key,
    /// The switch can't record, with its words.
    Failed(String),
}

/// What a recognition by the switch came to.
#[derive(Clone, PartialEq, Eq)]
pub enum RecognizeResult {
    /// Words; may be none that its grammar knows.
    Words(String),
    /// Nothing was said in time.
    Silence,
    /// A key ended it, and it is in the collector where there is one.
    Key,
    /// The switch can't recognise speech, with its words.
    Failed(String),
}

/// One recognition by the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecognizeOptions<'a> {
    /// As in [`Ear::Switch`](crate::channel::Ear::Switch).
    pub engine: &'a str,
    /// As in [`Ear::Switch`](crate::channel::Ear::Switch).
    pub grammar: &'a str,
    /// Before the caller begins to speak.
    pub no_input_timeout: Duration,
    /// Behind what was said.
    pub end_silence: Duration,
    /// The longest utterance.
    pub max_duration: Duration,
}

/// Plays all sounds, or as many as are heard until a key ends the prompt. What is at hand goes out together; while
/// none is, keys are still taken.
async fn play_prompt(
    leg: &mut impl ChannelDriver,
    sounds: &mut impl SoundStream,
    mut collector: Option<&mut DigitCollector<'_>>,
) -> Result<(), Interruption> {
    let ends = |collector: &Option<&mut DigitCollector<'_>>| {
        collector.as_ref().is_some_and(|collector| collector.ends_prompt())
    };
    while !ends(&collector) {
        let first = match sounds.next().now_or_never() {
            Some(first) => first,
            None => match leg.wait_in_silence(sounds.next(), collector.as_deref_mut()).await? {
                Some(first) => first,
                None => return Ok(()),
            },
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
        leg.play_sounds(&batch, collector.as_deref_mut()).await?;
        if is_last {
            return Ok(());
        }
    }
    Ok(())
}

/// Keys until the input is complete or silence ends it.
async fn collect_keys(
    leg: &mut impl ChannelDriver,
    collector: &mut DigitCollector<'_>,
) -> Result<(), Interruption> {
    while let Some(time) = collector.remaining_time(Instant::now()) {
        leg.wait_for_key(time, collector).await?;
    }
    Ok(())
}

async fn ask_question(
    leg: &mut impl ChannelDriver,
    sounds: &mut impl SoundStream,
    collector: &mut DigitCollector<'_>,
) -> Result<(), Interruption> {
    leg.prepare_question(None, None).await?;
    play_prompt(leg, sounds, Some(collector)).await?;
    if sounds.all_failed() && !collector.has_keys() {
        return Ok(());
    }
    collector.prompt_finished(Instant::now());
    collect_keys(leg, collector).await
}

/// What was entered, also by a caller who left.
fn with_digits<T>(
    ended: Result<T, Interruption>,
    collector: DigitCollector<'_>,
) -> Result<(T, Digits), Interruption> {
    let heard = collector.into_digits();
    match ended {
        Ok(done) => Ok((done, heard)),
        Err(Interruption::CallerHungUp { .. }) => {
            Err(Interruption::CallerHungUp { digits: heard.digits })
        }
        Err(interrupted) => Err(interrupted),
    }
}

impl<L: ChannelDriver> Channel for L {
    fn caller(&self) -> &Arc<Caller> {
        ChannelDriver::caller(self)
    }

    fn has_tts(&self) -> bool {
        ChannelDriver::has_tts(self)
    }

    async fn pick_up(&mut self, answer: bool) -> Result<LineState, Interruption> {
        ChannelDriver::pick_up(self, answer).await
    }

    async fn play(
        &mut self,
        sounds: &mut impl SoundStream,
        keys: TypeAhead<'_>,
    ) -> Result<(), Interruption> {
        match keys {
            TypeAhead::Discard => play_prompt(self, sounds, None).await,
            TypeAhead::Keep(ask) => {
                let mut collector = self.type_ahead().start_collector(ask);
                play_prompt(self, sounds, Some(&mut collector)).await?;
                self.type_ahead().store(collector);
                Ok(())
            }
        }
    }

    async fn collect_digits(
        &mut self,
        sounds: &mut impl SoundStream,
        ask: &DigitOptions,
    ) -> Result<Digits, Interruption> {
        let mut collector = self.type_ahead().start_collector(ask);
        let asked = ask_question(self, sounds, &mut collector).await;
        with_digits(asked, collector).map(|((), heard)| heard)
    }

    async fn collect_speech(
        &mut self,
        sounds: &mut impl SoundStream,
        listen: &SpeechOptions,
    ) -> Result<SpeechResult, Interruption> {
        let Some(ask) = &listen.digits else {
            return ask_for_speech(self, sounds, listen, None).await;
        };
        let mut collector = self.type_ahead().start_collector(ask);
        let said = ask_for_speech(self, sounds, listen, Some(&mut collector)).await;
        let has_keys = collector.has_keys();
        let (said, heard) = with_digits(said, collector)?;
        Ok(if has_keys { SpeechResult::Digits(heard) } else { said })
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        meanwhile: &HoldMedia,
    ) -> Result<T, Interruption> {
        ChannelDriver::wait(self, work, meanwhile).await
    }

    async fn check_destination(
        &mut self,
        to: &Destination,
    ) -> Result<DestinationCheck, Interruption> {
        ChannelDriver::check_destination(self, to).await
    }

    async fn set_variable(&mut self, name: &str, value: &str) -> Result<(), Interruption> {
        ChannelDriver::set_variable(self, name, value).await
    }

    async fn hand_over(self, variables: &[(&str, String)], exit: &Exit) -> HandoverResult {
        ChannelDriver::hand_over(self, variables, exit).await
    }
}
