//! What Asterisk answers to a command.

use std::fmt;

use bytes::Bytes;

use super::parse::{AgiFrame, AgiSuccess};
use crate::channel::digits::is_dtmf_key;
use crate::wire::LossyText;

/// One reply. Which command it belongs to is known only by order.
#[derive(Clone, PartialEq, Eq)]
pub enum AgiReply {
    /// `200`: the command ran. That it did something is for [`result`](Self::Success::result) to say.
    Success {
        /// What stands after `result=`: a number, a key's code, digits, or nothing.
        result: LossyText,
        /// What stands in parentheses: `timeout`, `hangup`, or a variable's value (`handle_getvariable`). Asterisk cuts
        /// a value at 1,023 bytes without a word.
        note: Option<LossyText>,
        /// Where a file ended, in samples of its rate (`handle_streamfile`). Unreliable after a hang-up.
        endpos: Option<u64>,
    },
    /// SPEECH RECOGNIZE: what the engine understood; empty where it understood nothing (`handle_speechrecognize`).
    Speech(LossyText),
    /// SPEECH RECOGNIZE: a key ended it (`handle_speechrecognize`).
    Digit(char),
    /// `511`: the channel is hung up and the command wants a live one (`agi_handle_command`).
    Dead,
    /// `510`: no such command (`agi_handle_command`): an older Asterisk, or a line that was cut in two.
    Unknown,
    /// `520`: the arguments were not to its liking; the usage text that it sent (`agi_handle_command`).
    Usage(LossyText),
}

impl AgiReply {
    /// The result where it is a number. `-1`, `0` and `1` mean different things to different commands.
    pub fn result_number(&self) -> Option<i64> {
        let Self::Success { result, .. } = self else { return None };
        std::str::from_utf8(result.as_bytes()).ok()?.parse().ok()
    }

    /// The key whose ASCII code is the result of STREAM FILE (`handle_streamfile`) or WAIT FOR DIGIT
    /// (`handle_waitfordigit`). GET DATA answers digits themselves: not for it.
    pub fn key(&self) -> Option<char> {
        let key = char::from(u8::try_from(self.result_number()?).ok()?);
        is_dtmf_key(key).then_some(key)
    }

    /// Whether the result is `-1`: a hang-up, or a file that is not there.
    pub fn is_failure(&self) -> bool {
        self.result_number() == Some(-1)
    }

    /// The text in parentheses.
    pub fn note(&self) -> Option<&LossyText> {
        match self {
            Self::Success { note, .. } => note.as_ref(),
            _ => None,
        }
    }

    /// Slices the parts out of the frame that they borrow from; `None` for a hang-up.
    pub(crate) fn from_frame(bytes: &Bytes, frame: AgiFrame<'_>) -> Option<Self> {
        let text = |part: &[u8]| LossyText::from(bytes.slice_ref(part));
        Some(match frame {
            AgiFrame::Hangup => return None,
            AgiFrame::Dead => Self::Dead,
            AgiFrame::Speech(words) => Self::Speech(text(words)),
            AgiFrame::Digit(key) => Self::Digit(char::from(key)),
            AgiFrame::Unknown => Self::Unknown,
            AgiFrame::Usage(words) => Self::Usage(text(words)),
            AgiFrame::Success(AgiSuccess { result, note, endpos }) => {
                Self::Success { result: text(result), note: note.map(text), endpos }
            }
        })
    }
}

/// Results and notes may be digits of a PIN: only `0` and failures are shown.
impl fmt::Debug for AgiReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success { result, note, endpos } => {
                match self.result_number().filter(|&number| number <= 0) {
                    Some(number) => write!(f, "Success({number}")?,
                    None => write!(f, "Success({result:?}")?,
                }
                write!(f, ", {note:?}, {endpos:?})")
            }
            Self::Speech(text) => write!(f, "Speech({text:?})"),
            Self::Digit(_) => f.write_str("Digit"),
            Self::Dead => f.write_str("Dead"),
            Self::Unknown => f.write_str("Unknown"),
            Self::Usage(text) => write!(f, "Usage({text:?})"),
        }
    }
}
