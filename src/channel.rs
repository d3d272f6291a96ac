//! What a switch can do for a script: the trait that both drivers implement, and its words.
//!
//! The trait is coarse on purpose (pick up, play, ask, wait, leave): the one `select!` against a hang-up, a stop of
//! the daemon and the longest call sits in each driver's waiting method and nowhere else, so a script is straight-line
//! code with one kind of error. This module imports nothing of ours.

pub mod deadline;
pub mod digits;
pub mod driver;
pub mod hold_media;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use deadline::CallLimits;
pub use hold_media::{HoldMedia, HoldMusic, Reassurance};

/// One telephone leg under our control, from the switch's first words to the hand-over.
///
/// Methods return [`Interruption`] when the call can't go on as asked; after that only [`Channel::hand_over`] is called.
pub trait Channel: Send {
    /// Who calls whom, as the switch told at the start.
    fn caller(&self) -> &Arc<Caller>;

    /// Brings the channel to where its caller hears us: picks up if that is allowed and has not happened.
    ///
    /// `answer: false` never picks up, and tells how the line is.
    fn pick_up(
        &mut self,
        answer: bool,
    ) -> impl Future<Output = Result<LineState, Interruption>> + Send;

    /// Plays sounds one after the other. Keys that `keys` keeps are stored for the next [`Channel::collect_digits`].
    fn play(
        &mut self,
        sounds: &mut impl SoundStream,
        keys: TypeAhead<'_>,
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// Plays sounds and collects digits, keys kept from before first.
    fn collect_digits(
        &mut self,
        sounds: &mut impl SoundStream,
        ask: &DigitOptions,
    ) -> impl Future<Output = Result<Digits, Interruption>> + Send;

    /// Plays sounds and listens to what the caller says. A key that `listen` takes begins the question that it stands
    /// for: nothing is listened to any more, and the sounds end where its [`DigitOptions::barge_in`] says so.
    fn collect_speech(
        &mut self,
        sounds: &mut impl SoundStream,
        listen: &SpeechOptions,
    ) -> impl Future<Output = Result<SpeechResult, Interruption>> + Send;

    /// Whether the switch can speak texts itself: [`Sound::SwitchTts`].
    fn has_tts(&self) -> bool;

    /// Waits for `work` while the caller hears `meanwhile`, which may keep keys for the next question. A caller who leaves ends the wait, not the work: whoever
    /// must finish it lets it run in a task of its own and waits here for its result.
    fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        meanwhile: &HoldMedia,
    ) -> impl Future<Output = Result<T, Interruption>> + Send;

    /// Whether the dialplan has the destination.
    fn check_destination(
        &mut self,
        to: &Destination,
    ) -> impl Future<Output = Result<DestinationCheck, Interruption>> + Send;

    /// Writes a channel variable. The value is text, never expanded; CR, LF and NUL in it become spaces, and what is
    /// longer than the switch's line allows is cut.
    fn set_variable(
        &mut self,
        name: &str,
        value: &str,
    ) -> impl Future<Output = Result<(), Interruption>> + Send;

    /// Sets the last variables in their order and hands the call over. Works after an interruption too, as far as the
    /// switch still takes it, within a bound of its own.
    fn hand_over(
        self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> impl Future<Output = HandoverResult> + Send;
}

/// Sounds that are pulled one at a time, so that a later one can still be made while an earlier one plays.
pub trait SoundStream: Send {
    /// The next sound, or `None` after the last. Nothing is lost when the future is dropped before it is ready.
    fn next(&mut self) -> impl Future<Output = Option<Sound>> + Send;

    /// Whether there was something to hear, and none of it could be had: nobody answers a question that nobody hears.
    fn all_failed(&self) -> bool {
        false
    }
}

/// Sounds that are all there already.
impl<I: Iterator<Item = Sound> + Send> SoundStream for I {
    async fn next(&mut self) -> Option<Sound> {
        Iterator::next(self)
    }
}

/// Something that the switch can play.
#[derive(Clone, PartialEq, Eq)]
pub enum Sound {
    /// An absolute file as the switch sees it, with its extension.
    File(Arc<str>),
    /// A sound that the switch has itself, by the switch's name for it.
    Named(Arc<str>),
    /// A file that the switch fetches from us: its URL, with the file's extension.
    Url(Arc<str>),
    /// Digits, one by one, by the switch's own sounds.
    Digits(Arc<str>),
    /// Letters and digits, spelled by the switch's own sounds.
    Letters(Arc<str>),
    /// A text that the switch speaks itself, where [`Channel::has_tts`].
    Tts(Arc<SwitchTts>),
}

/// What is spoken may be a PIN, or a caller's own words: it is not shown.
impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(name) | Self::Named(name) => f.write_str(name),
            Self::Url(_) => f.write_str("a sound of ours"),
            Self::Digits(_) => f.write_str("digits"),
            Self::Letters(_) => f.write_str("letters"),
            Self::Tts(spoken) => write!(f, "a text spoken by {}", spoken.engine),
        }
    }
}

/// A text for the switch's own speech synthesis.
#[derive(Clone, PartialEq, Eq)]
pub struct SwitchTts {
    /// The engine, as the switch names it.
    pub engine: String,
    /// The voice, as the engine names it.
    pub voice: String,
    /// The text.
    pub text: String,
}

/// Who calls whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// The caller's number; empty when withheld.
    pub number: String,
    /// The caller's name; empty when there is none.
    pub name: String,
    /// The dialled number, else the extension that the call is in; empty where neither is known.
    pub called: String,
    /// The switch's identifier of the call leg.
    pub call_id: String,
    /// The channel's name.
    pub channel: String,
    /// The channel's language, such as `en`.
    pub language: String,
    /// Where the dialplan runs this call now: the context of a destination that names none.
    pub context: String,
}

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// Not picked up: nobody would hear a sound.
    Ringing,
    /// Picked up.
    Up,
    /// Hung up before we got it: Asterisk's `h` extension.
    HungUp,
}

/// What happens to keys pressed while sounds play for their own sake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeAhead<'a> {
    /// They are lost and interrupt nothing.
    Discard,
    /// They count for this question, which follows.
    Keep(&'a DigitOptions),
}

/// How digits are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitOptions {
    /// Most digits; accepted at once when reached.
    pub max_digits: usize,
    /// Silence after the prompt before the first digit.
    pub first_digit_timeout: Duration,
    /// Silence after a digit before the next.
    pub inter_digit_timeout: Duration,
    /// The key that ends the input and is no part of it.
    pub terminator: Option<char>,
    /// Whether a key ends the prompt.
    pub barge_in: bool,
}

impl DigitOptions {
    /// The keys that mean something here; others are ignored and interrupt nothing.
    pub fn accepts(&self, key: char) -> bool {
        key.is_ascii_digit() || Some(key) == self.terminator
    }
}

/// Digits that were heard.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Digits {
    /// Digits only, without the terminator.
    pub digits: String,
    /// What ended the input.
    pub end: DigitsEnd,
}

/// How speech is listened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeechOptions {
    /// Who turns it into words.
    pub source: AsrSource,
    /// Silence after the prompt before the caller begins to speak.
    pub no_input_timeout: Duration,
    /// Silence that ends what is said. Switches count whole seconds: it is rounded up to them where one records.
    pub end_silence: Duration,
    /// The longest utterance.
    pub max_duration: Duration,
    /// Keys that may be pressed instead. Where there are none, any key ends the utterance.
    pub digits: Option<DigitOptions>,
}

/// Who turns speech into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsrSource {
    /// We do: the switch records into this file, as the switch sees it, with the extension `.wav`.
    Recording(Arc<str>),
    /// The switch's own recognition.
    Switch {
        /// The engine, as the switch names it; empty for its default.
        engine: Arc<str>,
        /// The grammar, as the engine takes it.
        grammar: Arc<str>,
    },
}

/// What came of listening.
#[derive(Clone, PartialEq, Eq)]
pub enum SpeechResult {
    /// Keys were pressed instead.
    Digits(Digits),
    /// Something is in the recording.
    Recorded,
    /// The words, by the switch's own recognition; may be none that it knows.
    Words(String),
    /// Nothing was said in time.
    NoInput,
    /// The switch could not listen, with its words.
    Failed(String),
}

/// What is said may be a PIN: it is not shown.
impl std::fmt::Debug for SpeechResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Digits(heard) => heard.fmt(f),
            Self::Recorded => f.write_str("Recorded"),
            Self::Words(words) => write!(f, "Words({} bytes)", words.len()),
            Self::NoInput => f.write_str("Nothing"),
            Self::Failed(reason) => write!(f, "Unheard({reason})"),
        }
    }
}

/// What ended an input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DigitsEnd {
    /// The time for the first or the next digit was over.
    #[default]
    Timeout,
    /// The terminator.
    Terminator,
    /// The most digits.
    MaxDigits,
}

/// A place in the dialplan. Its parts hold nothing but letters, digits and `_ + * # . -`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The extension.
    pub extension: String,
    /// The context; `None` is the call's own.
    pub context: Option<String>,
    /// The priority or label; Asterisk only.
    pub priority: Option<String>,
}

impl Destination {
    /// Whether a switch can take the text as a part of a destination without reading anything into it.
    pub fn is_valid_part(part: &str) -> bool {
        !part.is_empty()
            && part.len() <= 79
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+*#.-".contains(&b))
    }
}

/// Whether a destination exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DestinationCheck {
    /// It does.
    Exists,
    /// It does not.
    Missing,
    /// The switch can't tell.
    Unknown,
}

/// How the call goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Exit {
    /// At the dialplan's next step.
    #[default]
    Continue,
    /// At a destination.
    Goto(Destination),
    /// It is hung up, with a Q.850 cause where one was given.
    Hangup(Option<HangupCause>),
}

/// A Q.850 hang-up cause by its number, 1 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HangupCause(pub u8);

/// How the hand-over went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandoverResult {
    /// As asked.
    Completed,
    /// The caller had gone: the variables are set, the dialplan's hang-up handling runs.
    CallerHungUp,
    /// The switch went away or did not take it: nothing more could be said.
    ConnectionLost,
}

/// Why a call can't go on as the script says.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Interruption {
    /// The caller hung up; what was entered until then.
    #[error("the caller hung up")]
    CallerHungUp {
        /// Digits of the question that was open, if one was.
        digits: String,
    },
    /// The daemon stops and its grace time is over.
    #[error("the daemon is stopping")]
    Shutdown,
    /// The call reached the longest time that a call may take.
    #[error("the call reached the longest time allowed")]
    MaxCallDuration,
    /// The connection ended, broke, or went out of step: the switch's fault or the line's.
    #[error("the switch was lost: {0}")]
    ConnectionLost(String),
    /// The switch refused something that it should take: our fault, or something that it lacks, with its words.
    #[error("the switch refused: {0}")]
    Refused(String),
}

impl Interruption {
    /// The caller left while nothing was being entered.
    pub fn caller_hung_up() -> Self {
        Self::CallerHungUp { digits: String::new() }
    }
}

/// Digits may be a PIN: they are shown as a count.
impl std::fmt::Debug for Interruption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CallerHungUp { digits } => write!(f, "CallerLeft({} digits)", digits.len()),
            other => write!(f, "{other}"),
        }
    }
}

/// Digits may be a PIN: they are shown as a count.
impl std::fmt::Debug for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Heard({} digits, {:?})", self.digits.len(), self.end)
    }
}
