//! The asking end.

use std::io;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, LinesCodec};

use super::protocol::{ControlReply, ControlRequest, MAX_REQUEST_BYTES};

/// For the daemon to take the connection, and for each line of its answer: looking a shared cache through takes it half a
/// minute.
const REPLY_TIMEOUT: Duration = Duration::from_secs(45);
/// Longest line of an answer, in bytes.
const MAX_REPLY_BYTES: usize = 1 << 20;

/// Why nothing was answered.
#[derive(Debug, thiserror::Error)]
pub enum ControlClientError {
    /// Nobody could be asked.
    #[error("{0}")]
    Connect(io::Error),
    /// The request is longer than a daemon reads.
    #[error("that is more than can be asked at once: name less")]
    RequestTooLong,
    /// The conversation broke off.
    #[error("the daemon gave no whole answer: {0}")]
    BadReply(String),
    /// What the daemon says against it.
    #[error("{0}")]
    Rejected(String),
}

/// Asks the daemon that listens on a socket.
///
/// # Errors
///
/// When nobody listens there, or the daemon does not answer, or has something against the request.
pub async fn send_request(
    socket: &Path,
    request: &ControlRequest,
) -> Result<Vec<ControlReply>, ControlClientError> {
    let mut line = serde_json::to_vec(request).map_err(bad_reply)?;
    if line.len() > MAX_REQUEST_BYTES {
        return Err(ControlClientError::RequestTooLong);
    }
    line.push(b'\n');
    let connected = timeout(REPLY_TIMEOUT, UnixStream::connect(socket)).await;
    let mut stream =
        connected.map_err(io::Error::from).flatten().map_err(ControlClientError::Connect)?;
    stream.write_all(&line).await.map_err(bad_reply)?;
    read_replies(stream).await
}

async fn read_replies(stream: UnixStream) -> Result<Vec<ControlReply>, ControlClientError> {
    let mut lines = FramedRead::new(stream, LinesCodec::new_with_max_length(MAX_REPLY_BYTES));
    let mut answers = Vec::new();
    while let Some(line) = timeout(REPLY_TIMEOUT, lines.next()).await.map_err(bad_reply)? {
        match serde_json::from_str(&line.map_err(bad_reply)?).map_err(bad_reply)? {
            ControlReply::Fault(fault) => return Err(ControlClientError::Rejected(fault)),
            answer => answers.push(answer),
        }
    }
    match answers.is_empty() {
        true => Err(bad_reply("it closed the connection")),
        false => Ok(answers),
    }
}

fn bad_reply(reason: impl ToString) -> ControlClientError {
    ControlClientError::BadReply(reason.to_string())
}
