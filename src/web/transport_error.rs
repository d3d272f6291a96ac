//! Limits of replies, and why a request got no reply.

use std::error::Error;

use hyper_util::client::legacy::Error as LegacyError;

use super::error_chain::{error_chain, root_cause};

/// The longest status line with headers, in bytes.
pub(super) const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The most interim responses (status 1xx) to one request. Servers send one or two. The HTTP library counts them for
/// HTTP/1 only; with HTTP/2 it drops them one by one until the caller's timeout.
pub(super) const MAX_INTERIM_RESPONSES: usize = 20;

/// The HTTP library does not accept the URL: some [`url::Url`]s are too long for it, or have characters that it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its URL is invalid or too long")]
pub struct UnsendableUrl;

#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    #[error(transparent)]
    Http(#[from] LegacyError),
    #[error(transparent)]
    Url(#[from] UnsendableUrl),
    #[error("the body of the request could not be read: {0}")]
    RequestBody(Box<dyn Error + Send + Sync>),
    #[error("the server sent more than {MAX_INTERIM_RESPONSES} interim responses")]
    InterimResponses,
}

impl TransportError {
    /// What is wrong with the reply, if there was a connection and the reply is invalid or incomplete.
    pub(super) fn broken_reply(&self) -> Option<String> {
        let error = match self {
            Self::InterimResponses => return Some(self.to_string()),
            Self::Http(error) if !error.is_connect() => error,
            _ => return None,
        };
        let exchange = error_chain(error).find_map(|cause| cause.downcast_ref::<hyper::Error>())?;
        if exchange.is_parse_too_large() {
            return Some(format!("its head is longer than {} KiB", MAX_HEAD_BYTES / 1024));
        }
        let is_reset = http2_error(error).is_some_and(h2::Error::is_reset);
        let is_broken = is_reset || exchange.is_parse() || exchange.is_incomplete_message();
        is_broken.then(|| root_cause(error))
    }
}

pub(super) fn http2_error(error: &LegacyError) -> Option<&h2::Error> {
    error_chain(error).find_map(|cause| cause.downcast_ref())
}
