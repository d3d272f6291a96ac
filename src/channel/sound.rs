//! Sounds that a switch can play.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

/// Something that the switch can play.
#[derive(Clone, PartialEq, Eq)]
pub enum Sound {
    /// Absolute path of a file on the switch's host, with its extension.
    File(Arc<str>),
    /// A sound that is installed on the switch, by its name there.
    Named(Arc<str>),
    /// URL of a file that the switch fetches from our sound server, with the file's extension.
    Url(Arc<str>),
    /// Digits that the switch speaks one by one with its own sounds.
    Digits(Arc<str>),
    /// Letters, digits, `*` and `#` that the switch spells with its own sounds.
    Letters(Arc<str>),
    /// A date or a time that the switch says with its own sounds.
    Moment(SwitchMoment),
    /// Text that the switch speaks itself. Only for a channel that [has text-to-speech](super::Channel::has_tts).
    Tts(Arc<SwitchTts>),
}

impl Sound {
    /// Whether the switch speaks, and does not play a file.
    pub(crate) fn is_spoken_by_switch(&self) -> bool {
        match self {
            Self::File(_) | Self::Named(_) | Self::Url(_) => false,
            Self::Digits(_) | Self::Letters(_) | Self::Moment(_) | Self::Tts(_) => true,
        }
    }
}

/// Texts, digits, letters and dates may be a PIN or the caller's own words, so they are not shown.
impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) | Self::Named(name) => f.write_str(name),
            Self::Url(_) => f.write_str("a sound of ours"),
            Self::Digits(_) => f.write_str("digits"),
            Self::Letters(_) => f.write_str("letters"),
            Self::Moment(_) => f.write_str("a date or a time"),
            Self::Tts(tts) => write!(f, "text spoken by {}", tts.engine),
        }
    }
}

/// A date or a time for the switch to say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SwitchMoment {
    /// What is said of it.
    pub form: MomentForm,
    /// What the calendar and the clock show, in seconds since 1970 as if they showed UTC. At least
    /// [`SwitchMoment::MIN_CLOCK_SECONDS`].
    pub clock_seconds: i64,
}

impl SwitchMoment {
    /// FreeSWITCH says the present time instead of 0 (`en_say_time` in `mod_say_en.c`), and its driver sends one second
    /// less than this time.
    pub const MIN_CLOCK_SECONDS: i64 = 2;
}

/// What is said of a date with a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MomentForm {
    /// The weekday, the day, the month and the year.
    Date,
    /// The hour and the minute.
    Time,
    /// The date and the time.
    DateTime,
}

/// Text for the switch's own text-to-speech.
#[derive(Clone, PartialEq, Eq)]
pub struct SwitchTts {
    /// The engine, by its name in the switch.
    pub engine: String,
    /// The voice, by its name in the engine.
    pub voice: String,
    pub text: String,
}

/// The sounds of a prompt, pulled one at a time: a later sound can still be rendered while an earlier one plays.
pub trait SoundStream: Send {
    /// The next sound, or `None` after the last. The future can be dropped before it is ready without losing a sound.
    fn next(&mut self) -> impl Future<Output = Option<Sound>> + Send;

    /// Whether the prompt has sounds but none of them could be rendered. In this case the caller has heard no question,
    /// so no input is collected.
    fn all_failed(&self) -> bool {
        false
    }
}

/// An iterator of sounds that are available already.
impl<I: Iterator<Item = Sound> + Send> SoundStream for I {
    async fn next(&mut self) -> Option<Sound> {
        Iterator::next(self)
    }
}
