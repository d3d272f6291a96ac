//! Why a connection is not served.

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The peer may not connect; with the listener's rule.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// The limit on connections is reached; with its configuration key.
    #[error("`{0}` reached")]
    LimitReached(&'static str),
    /// The listener is closing.
    #[error("the daemon is stopping")]
    Stopping,
}
