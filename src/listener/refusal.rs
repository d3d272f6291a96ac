//! The reasons to refuse a connection.

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The peer may not connect. With the [`ACCESS_RULE`](super::Acceptor::ACCESS_RULE) of the listener.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// The limit on connections is reached. With its configuration key.
    #[error("`{0}` reached")]
    LimitReached(&'static str),
    #[error("the daemon is stopping")]
    Stopping,
}
