//! Prompts and questions, built on what a driver does with a few sounds, a silence, a recording.
//!
//! Both drivers are a [`Leg`]; what a prompt of several parts is, when a key ends it, what is done while a part is
//! still being made, and how a question goes on from there is said here, once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use crate::channel::digits::{Collector, TypeAhead};
use crate::channel::{
    Ask, Caller, Channel, Destination, Exit, Heard, Interrupted, Keys, Left, Line, Listen,
    Meanwhile, Reach, Said, Sound, Sounds,
};

mod speech;

use speech::speech;

/// Most sounds that are handed to a driver at once.
const MOST_AT_ONCE: usize = 32;

/// What a driver does itself. Every [`Leg`] is a [`Channel`].
///
/// A method that takes a collector feeds it every key that comes meanwhile; after a key with which the collector
/// [ends the prompt](Collector::ends_prompt) it returns as soon as the switch allows.
pub trait Leg: Send {
    /// See [`Channel::caller`].
    fn caller(&self) -> &Arc<Caller>;

    /// Keys that were kept for the next question.
    fn kept(&mut self) -> &mut TypeAhead;

    /// See [`Channel::speaks`].
    fn speaks(&self) -> bool;

    /// Makes the leg ready for a question, and for a recording into a file, so that nothing is to be done between its
    /// prompt and what is said.
    ///
    /// # Errors
    ///
    /// Where none can be asked.
    fn begin_question(
        &mut self,
        records_into: Option<&str>,
        collector: Option<&mut Collector<'_>>,
    ) -> impl Future<Output = Result<(), Interrupted>> + Send;

    /// Plays sounds one after the other, without a gap where the switch can. A sound that the switch can't play is
    /// logged and passed over.
    fn sounds(
        &mut self,
        sounds: &[Sound],
        collector: Option<&mut Collector<'_>>,
    ) -> impl Future<Output = Result<(), Interrupted>> + Send;

    /// Waits for one key, no longer than `time`.
    fn key(
        &mut self,
        time: Duration,
        collector: &mut Collector<'_>,
    ) -> impl Future<Output = Result<(), Interrupted>> + Send;

    /// Silence until `work` is done: its result; `None` where a key has ended the prompt before.
    fn silence<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        collector: Option<&mut Collector<'_>>,
    ) -> impl Future<Output = Result<Option<T>, Interrupted>> + Send;

    /// Records what the caller says until it is over, or a key comes.
    fn record(
        &mut self,
        recording: &Recording<'_>,
        collector: Option<&mut Collector<'_>>,
    ) -> impl Future<Output = Result<Recorded, Interrupted>> + Send;

    /// Lets the switch recognise what the caller says until it is over, or a key comes, which may end `prompt` too. That
    /// is played first, or meanwhile where the switch can break it off when the caller speaks.
    fn recognise(
        &mut self,
        recognition: &Recognition<'_>,
        prompt: Option<&Sound>,
        collector: Option<&mut Collector<'_>>,
    ) -> impl Future<Output = Result<Recognised, Interrupted>> + Send;

    /// See [`Channel::pick_up`].
    fn pick_up(&mut self, answer: bool) -> impl Future<Output = Result<Line, Interrupted>> + Send;

    /// See [`Channel::wait`].
    fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        meanwhile: &Meanwhile,
    ) -> impl Future<Output = Result<T, Interrupted>> + Send;

    /// See [`Channel::reaches`].
    fn reaches(
        &mut self,
        to: &Destination,
    ) -> impl Future<Output = Result<Reach, Interrupted>> + Send;

    /// See [`Channel::set`].
    fn set(
        &mut self,
        name: &str,
        value: &str,
    ) -> impl Future<Output = Result<(), Interrupted>> + Send;

    /// See [`Channel::leave`].
    fn leave(self, variables: &[(&str, String)], exit: &Exit) -> impl Future<Output = Left> + Send;
}

/// One recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recording<'a> {
    /// The file as the switch sees it, with the extension `.wav`. What is in it is replaced.
    pub file: &'a str,
    /// Silence that ends it, from its start or behind what was said; switches count whole seconds.
    pub silence: Duration,
    /// Its longest time.
    pub maximum: Duration,
}

/// What a recording came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// Something was said, or the longest time was over.
    Something,
    /// There was only silence.
    Silence,
    /// A key ended it, and it is in the collector where there is one.
    Key,
    /// The switch can't record, with its words.
    Failed(String),
}

/// What a recognition by the switch came to.
#[derive(Clone, PartialEq, Eq)]
pub enum Recognised {
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
pub struct Recognition<'a> {
    /// As in [`Ear::Switch`](crate::channel::Ear::Switch).
    pub engine: &'a str,
    /// As in [`Ear::Switch`](crate::channel::Ear::Switch).
    pub grammar: &'a str,
    /// Before the caller begins to speak.
    pub start: Duration,
    /// Behind what was said.
    pub silence: Duration,
    /// The longest utterance.
    pub maximum: Duration,
}

/// Plays all sounds, or as many as are heard until a key ends the prompt. What is at hand goes out together; while
/// none is, keys are still taken.
async fn prompt(
    leg: &mut impl Leg,
    sounds: &mut impl Sounds,
    mut collector: Option<&mut Collector<'_>>,
) -> Result<(), Interrupted> {
    let ends = |collector: &Option<&mut Collector<'_>>| {
        collector.as_ref().is_some_and(|collector| collector.ends_prompt())
    };
    while !ends(&collector) {
        let first = match sounds.next().now_or_never() {
            Some(first) => first,
            None => match leg.silence(sounds.next(), collector.as_deref_mut()).await? {
                Some(first) => first,
                None => return Ok(()),
            },
        };
        let Some(first) = first else { return Ok(()) };
        let mut batch = vec![first];
        let mut is_last = false;
        while batch.len() < MOST_AT_ONCE && !is_last {
            match sounds.next().now_or_never() {
                Some(Some(sound)) => batch.push(sound),
                Some(None) => is_last = true,
                None => break,
            }
        }
        leg.sounds(&batch, collector.as_deref_mut()).await?;
        if is_last {
            return Ok(());
        }
    }
    Ok(())
}

/// Keys until the input is complete or silence ends it.
async fn keys(leg: &mut impl Leg, collector: &mut Collector<'_>) -> Result<(), Interrupted> {
    while let Some(time) = collector.patience(Instant::now()) {
        leg.key(time, collector).await?;
    }
    Ok(())
}

async fn question(
    leg: &mut impl Leg,
    sounds: &mut impl Sounds,
    collector: &mut Collector<'_>,
) -> Result<(), Interrupted> {
    leg.begin_question(None, None).await?;
    prompt(leg, sounds, Some(collector)).await?;
    if sounds.unheard() && !collector.has_keys() {
        return Ok(());
    }
    collector.prompt_over(Instant::now());
    keys(leg, collector).await
}

/// What was entered, also by a caller who left.
fn entered<T>(
    ended: Result<T, Interrupted>,
    collector: Collector<'_>,
) -> Result<(T, Heard), Interrupted> {
    let heard = collector.heard();
    match ended {
        Ok(done) => Ok((done, heard)),
        Err(Interrupted::CallerLeft { .. }) => {
            Err(Interrupted::CallerLeft { digits: heard.digits })
        }
        Err(interrupted) => Err(interrupted),
    }
}

impl<L: Leg> Channel for L {
    fn caller(&self) -> &Arc<Caller> {
        Leg::caller(self)
    }

    fn speaks(&self) -> bool {
        Leg::speaks(self)
    }

    async fn pick_up(&mut self, answer: bool) -> Result<Line, Interrupted> {
        Leg::pick_up(self, answer).await
    }

    async fn play(&mut self, sounds: &mut impl Sounds, keys: Keys<'_>) -> Result<(), Interrupted> {
        match keys {
            Keys::Ignored => prompt(self, sounds, None).await,
            Keys::Kept(ask) => {
                let mut collector = self.kept().begin(ask);
                prompt(self, sounds, Some(&mut collector)).await?;
                self.kept().keep(collector);
                Ok(())
            }
        }
    }

    async fn ask(&mut self, sounds: &mut impl Sounds, ask: &Ask) -> Result<Heard, Interrupted> {
        let mut collector = self.kept().begin(ask);
        let asked = question(self, sounds, &mut collector).await;
        entered(asked, collector).map(|((), heard)| heard)
    }

    async fn listen(
        &mut self,
        sounds: &mut impl Sounds,
        listen: &Listen,
    ) -> Result<Said, Interrupted> {
        let Some(ask) = &listen.keys else { return speech(self, sounds, listen, None).await };
        let mut collector = self.kept().begin(ask);
        let said = speech(self, sounds, listen, Some(&mut collector)).await;
        let has_keys = collector.has_keys();
        let (said, heard) = entered(said, collector)?;
        Ok(if has_keys { Said::Keys(heard) } else { said })
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        meanwhile: &Meanwhile,
    ) -> Result<T, Interrupted> {
        Leg::wait(self, work, meanwhile).await
    }

    async fn reaches(&mut self, to: &Destination) -> Result<Reach, Interrupted> {
        Leg::reaches(self, to).await
    }

    async fn set(&mut self, name: &str, value: &str) -> Result<(), Interrupted> {
        Leg::set(self, name, value).await
    }

    async fn leave(self, variables: &[(&str, String)], exit: &Exit) -> Left {
        Leg::leave(self, variables, exit).await
    }
}
