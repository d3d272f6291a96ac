//! Replies from Asterisk to commands.

use std::fmt;

use bytes::Bytes;

use super::parse::{AgiFrame, AgiSuccess};
use crate::channel::key_set::is_dtmf_key;
use crate::wire::LossyText;

/// One reply. A reply does not name its command: Asterisk sends the replies in the order of the commands.
#[derive(Clone, PartialEq, Eq)]
pub enum AgiReply {
    /// `200`: the command was executed. Whether it succeeded is in the [`result`](Self::Success::result).
    Success {
        /// The text after `result=`: a number, a key's ASCII code, digits, or nothing.
        result: LossyText,
        /// The text in parentheses: `timeout`, `hangup`, or a variable's value (`handle_getvariable`). Asterisk
        /// truncates a value at 1,023 bytes without notice.
        note: Option<LossyText>,
        /// Position at which playback ended, in samples of the file's rate (`handle_streamfile`). Unreliable after a
        /// hang-up.
        endpos: Option<u64>,
    },
    /// SPEECH RECOGNIZE: the recognized text; empty if the engine recognized nothing (`handle_speechrecognize`).
    Speech(LossyText),
    /// SPEECH RECOGNIZE: a key ended the recognition (`handle_speechrecognize`).
    Digit(char),
    /// `511`: the command needs a channel that is not hung up (`agi_handle_command`).
    Dead,
    /// `510`: there is no such command (`agi_handle_command`). This Asterisk is too old, or it has read a line as two
    /// commands.
    Unknown,
    /// `520`: invalid arguments. The text is the command's usage (`agi_handle_command`).
    Usage(LossyText),
}

impl AgiReply {
    /// The result, if it is a number. The meaning of `-1`, `0` and `1` depends on the command.
    pub fn result_number(&self) -> Option<i64> {
        let Self::Success { result, .. } = self else { return None };
        std::str::from_utf8(result.as_bytes()).ok()?.parse().ok()
    }

    /// The key whose ASCII code is the result of STREAM FILE (`handle_streamfile`) or WAIT FOR DIGIT
    /// (`handle_waitfordigit`). Not for GET DATA, whose result consists of the digits themselves.
    /// Asterisk takes small letters from SIP INFO as they are (`get_event` in `res_pjsip_dtmf_info.c`).
    pub fn key(&self) -> Option<char> {
        let key = char::from(u8::try_from(self.result_number()?).ok()?).to_ascii_uppercase();
        is_dtmf_key(key).then_some(key)
    }

    /// Whether the result is `-1`: the caller hung up, or a file does not exist.
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

    /// The reply in a frame; `None` for a hang-up. Nothing is copied: the texts are slices of `bytes`.
    pub(super) fn from_frame(bytes: &Bytes, frame: AgiFrame<'_>) -> Option<Self> {
        let text = |part: &[u8]| LossyText::from(bytes.slice_ref(part));
        Some(match frame {
            AgiFrame::Hangup => return None,
            AgiFrame::Dead => Self::Dead,
            AgiFrame::Speech(speech) => Self::Speech(text(speech)),
            AgiFrame::Digit(key) => Self::Digit(char::from(key).to_ascii_uppercase()),
            AgiFrame::Unknown => Self::Unknown,
            AgiFrame::Usage(usage) => Self::Usage(text(usage)),
            AgiFrame::Success(AgiSuccess { result, note, endpos }) => {
                Self::Success { result: text(result), note: note.map(text), endpos }
            }
        })
    }
}

/// Results and notes may be digits of a PIN, so only `0` and negative numbers are shown.
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
