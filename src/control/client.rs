//! The client of the control socket.

use std::io;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, LinesCodec};

use super::protocol::{ControlReply, ControlRequest, MAX_REQUEST_BYTES};

/// Timeout for connecting, and for each line of the reply: purging a shared cache may take the daemon 30 seconds.
const REPLY_TIMEOUT: Duration = Duration::from_secs(45);
/// The maximum length of one line of the reply, in bytes.
const MAX_REPLY_BYTES: usize = 1 << 20;
/// The maximum number of lines. A daemon lists at most 10,000 calls, scripts or cached answers.
const MAX_REPLIES: usize = 50_000;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlClientError {
    /// The connection to the socket failed.
    #[error("{0}")]
    Connect(io::Error),
    /// The request is longer than a daemon accepts.
    #[error("the request is too long: pass fewer keys")]
    RequestTooLong,
    /// The connection failed, or the reply could not be read.
    #[error("incomplete reply from the daemon: {0}")]
    BadReply(String),
    /// The daemon's error message.
    #[error("{0}")]
    Rejected(String),
}

/// Sends a request to the daemon that listens on a socket.
///
/// # Errors
///
/// If no daemon listens on the socket, or if the daemon does not reply in time or rejects the request.
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
    let mut replies = Vec::new();
    while let Some(line) = timeout(REPLY_TIMEOUT, lines.next()).await.map_err(bad_reply)? {
        match serde_json::from_str(&line.map_err(bad_reply)?).map_err(bad_reply)? {
            ControlReply::Error(error) => return Err(ControlClientError::Rejected(error)),
            _ if replies.len() == MAX_REPLIES => return Err(bad_reply("it is too long")),
            reply => replies.push(reply),
        }
    }
    match replies.is_empty() {
        true => Err(bad_reply("the connection was closed")),
        false => Ok(replies),
    }
}

fn bad_reply(reason: impl ToString) -> ControlClientError {
    ControlClientError::BadReply(reason.to_string())
}
