//! Commands that are interrupted before they have replied.

/// How Asterisk reacts when a command is followed by another one before its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AgiCommandKind {
    /// STREAM FILE: is interrupted by the next command, and then does not reply.
    StreamFile,
    /// WAIT FOR DIGIT: is interrupted by the next command, and replies before it.
    WaitForDigit,
    /// Any other command: is not interrupted, and replies before the next one.
    Other,
}

/// A command that is being interrupted, and the NOOPs that were sent after it, until all of them have replied. The
/// connection holds this state, since the future that waits for the replies may be dropped too.
#[derive(Debug, Clone, Copy)]
pub(super) struct AgiAbortedCommand {
    pub(super) kind: AgiCommandKind,
    /// Number of replies that are still to come.
    pub(super) pending_replies: usize,
    pub(super) noops_sent: u32,
    /// The key that ended the command while it was being interrupted.
    pub(super) key: Option<char>,
}
