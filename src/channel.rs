//! A live call as a script sees it: the [`Channel`] trait that both drivers implement, and the types of its methods.
//!
//! Each method is a complete step: pick up, play, collect digits, wait, hand over. While a method waits for the switch,
//! the driver also watches for a hang-up, the stop of the daemon and the maximum call duration, and returns them as an
//! [`Interruption`]. So the code that runs a script has only this one error type to handle. This module uses no other
//! module of the crate.

pub(crate) mod caller_id;
pub(crate) mod deadline;
pub mod digits;
mod handover;
pub(crate) mod hold_media;
mod interruption;
pub(crate) mod key_set;
mod prompt;
mod sound;
mod speech;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use deadline::CallLimits;
use digits::{DigitCollector, TypeAheadBuffer};
pub use digits::{DigitOptions, Digits, DigitsEnd};
pub(crate) use handover::STANDARD_VARIABLE_PREFIX;
pub use handover::{Destination, DestinationCheck, Exit, HandoverResult, HangupCause};
pub use hold_media::{HoldMedia, HoldMusic, Reassurance};
pub use interruption::Interruption;
pub use key_set::KeySet;
pub use prompt::TypeAhead;
pub use sound::{MomentForm, Sound, SoundStream, SwitchMoment, SwitchTts};
pub use speech::{
    AsrSource, RecognizeOptions, RecognizeResult, RecordOptions, RecordResult, SpeechOptions,
    SpeechResult,
};

/// One telephone leg, from the switch's first message until the call is handed over.
///
/// [`play`](Self::play), [`collect_digits`](Self::collect_digits) and [`collect_speech`](Self::collect_speech) are the
/// same for all drivers: they call the methods that each driver implements. A method that takes a collector passes it
/// every key that is pressed meanwhile. Once the collector [ends the prompt](DigitCollector::ends_prompt), the method
/// returns as soon as the switch allows.
///
/// After an [`Interruption`] only [`hand_over`](Self::hand_over) is called.
pub trait Channel: Send + Sized {
    /// The caller, as the switch described it when the call began.
    fn caller(&self) -> &Arc<Caller>;

    /// Whether the switch itself can speak a [`Sound::Tts`].
    fn has_tts(&self) -> bool;

    /// The buffer of keys that were pressed before the next question was asked.
    fn type_ahead(&mut self) -> &mut TypeAheadBuffer;

    /// Picks up the call, unless it is picked up already. With `answer: false` it only returns the state of the line.
    fn pick_up(
        &mut self,
        answer: bool,
    ) -> impl Future<Output = Result<LineState, Interruption>> + Send;

    /// Plays sounds one after the other.
    fn play(
        &mut self,
        sounds: &mut impl SoundStream,
        type_ahead: TypeAhead<'_>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send {
        prompt::play(self, sounds, type_ahead)
    }

    /// Plays sounds and collects digits. Keys from the type-ahead buffer come first.
    fn collect_digits(
        &mut self,
        sounds: &mut impl SoundStream,
        options: &DigitOptions,
    ) -> impl Future<Output = Result<Digits, Interruption>> + Send {
        prompt::collect_digits(self, sounds, options)
    }

    /// Plays sounds and listens to the caller. The first key that [`SpeechOptions::digits`] accepts ends the listening;
    /// from then on digits are collected instead. The key ends the sounds only if [`DigitOptions::barge_in`] is set.
    fn collect_speech(
        &mut self,
        sounds: &mut impl SoundStream,
        options: &SpeechOptions,
    ) -> impl Future<Output = Result<SpeechResult, Interruption>> + Send {
        speech::collect_speech(self, sounds, options)
    }

    /// Prepares a question before its prompt plays, so that no command delays the collection of the input after it.
    /// With a `recording_file`, checks that the switch can write that file.
    ///
    /// # Errors
    ///
    /// [`Interruption::Unsupported`] if no question can be asked on this channel.
    fn prepare_question(
        &mut self,
        recording_file: Option<&str>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// Plays sounds one after the other, without a gap if the switch can do that. A sound that the switch cannot play
    /// is logged and skipped.
    fn play_sounds(
        &mut self,
        sounds: &[Sound],
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// Waits for one key, no longer than `timeout`.
    fn wait_for_key(
        &mut self,
        timeout: Duration,
        collector: &mut DigitCollector<'_>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// Stays silent until `work` is done and returns its result, or `None` if a key ended the prompt first.
    fn wait_in_silence<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<Option<T>, Interruption>> + Send;

    /// Records the caller until silence, a key or the maximum duration ends the recording.
    fn record(
        &mut self,
        options: &RecordOptions<'_>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<RecordResult, Interruption>> + Send;

    /// Lets the switch recognize what the caller says, until the utterance ends or a key is pressed.
    ///
    /// If the switch can stop the `prompt` when the caller speaks, it plays during the recognition, otherwise before
    /// it. A key may end the prompt too.
    fn recognize(
        &mut self,
        options: &RecognizeOptions<'_>,
        prompt: Option<&Sound>,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> impl Future<Output = Result<RecognizeResult, Interruption>> + Send;

    /// Waits for `work` while the caller hears `hold_media`.
    ///
    /// A hang-up ends the wait and drops `work`. If the work must continue after a hang-up, run it in a separate task,
    /// and let `work` wait for the result of that task.
    fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        hold_media: &HoldMedia,
    ) -> impl Future<Output = Result<T, Interruption>> + Send;

    /// Asks the switch whether its dialplan has the destination.
    fn check_destination(
        &mut self,
        destination: &Destination,
    ) -> impl Future<Output = Result<DestinationCheck, Interruption>> + Send;

    /// Sets channel variables in their order. The switch never expands or evaluates a value. CR, LF and NUL in it
    /// become spaces, and a value that is too long for the switch is truncated.
    fn set_variables(
        &mut self,
        variables: &[(&str, String)],
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// Changes the language of the channel: that of the switch's own sounds, and of the dialplan after the hand-over.
    /// The switch gets it before the variables of the next [`set_variables`](Self::set_variables) or
    /// [`hand_over`](Self::hand_over), in the same command if possible. `language` is a code such as `de` or `pt-BR`.
    fn set_language(&mut self, language: &str);

    /// [Sets](Self::set_variables) the given variables and hands the call over to the dialplan, or hangs up.
    ///
    /// It may also be called after an interruption; then the switch may reject some commands. It has its own timeout.
    fn hand_over(
        self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> impl Future<Output = HandoverResult> + Send;
}

/// Who calls, and what the switch knows about the call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The caller's number; empty if withheld.
    pub number: String,
    /// The caller's name; empty if there is none, or if it is withheld.
    pub name: String,
    /// The dialled number; if that is not known, the extension that the call is in; empty if neither is known.
    pub called: String,
    /// The switch's identifier of the channel.
    pub call_id: String,
    pub channel: String,
    /// The channel's language when the call began, such as `en`.
    pub language: String,
    /// The dialplan context that the call is in. A destination without a context is looked up there.
    pub context: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// Not picked up: the caller hears nothing that we play.
    Ringing,
    Up,
    /// The caller had hung up before the switch connected to us: Asterisk's `h` extension.
    HungUp,
}
