//! Where a call goes when the script is done.

/// The names of the standard variables of a hand-over begin with this. Scripts cannot set such variables.
pub(crate) const STANDARD_VARIABLE_PREFIX: &str = "DIALSCRIPT_";

/// A place in the dialplan. Its parts contain only letters, digits and `_ + * # . -`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub extension: String,
    /// `None` is the context that the call is in.
    pub context: Option<String>,
    /// Priority or label. A switch without priorities has only priority 1, the beginning of the extension.
    pub priority: Option<String>,
}

/// Maximum length of an extension or a context in bytes, without the NUL at its end (`AST_MAX_EXTENSION` in Asterisk's
/// `channel.h`).
const MAX_PART_BYTES: usize = 79;

impl Destination {
    /// Whether the text can be part of a destination. Only characters without a special meaning for either switch are
    /// allowed.
    pub(crate) fn is_valid_part(part: &str) -> bool {
        !part.is_empty()
            && part.len() <= MAX_PART_BYTES
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+*#.-".contains(&b))
    }

    /// Whether it is the beginning of its extension: without a priority, or with priority 1.
    pub(crate) fn is_beginning(&self) -> bool {
        self.priority.as_ref().is_none_or(|priority| priority.parse() == Ok(1_u32))
    }
}

/// Whether the dialplan has a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DestinationCheck {
    Exists,
    Missing,
    /// It has a priority, and the switch has none but the first.
    NoPriorities,
    /// The switch has no means to check it.
    Unknown,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Exit {
    /// With the dialplan's next step.
    #[default]
    Continue,
    Goto(Destination),
    /// The call is hung up, with the given cause or with [`HangupCause::NORMAL_CLEARING`].
    Hangup(Option<HangupCause>),
}

/// A Q.850 hangup cause, 1 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HangupCause(pub u8);

impl HangupCause {
    pub const NORMAL_CLEARING: Self = Self(16);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandoverResult {
    Completed,
    /// The caller had hung up. The variables are set if the switch still accepts them. The dialplan handles the
    /// hang-up.
    CallerHungUp,
    /// The connection to the switch failed, or the switch rejected a command.
    ConnectionLost,
}
