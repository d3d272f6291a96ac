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

/// Timeout for connecting, and for each line of the reply.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// The same for requests for which the daemon has much to do: purging a shared cache may take it 30 seconds.
const LONG_REPLY_TIMEOUT: Duration = Duration::from_secs(45);
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
    /// Nothing came in time, although somebody listens.
    #[error("the daemon does not answer within {} s: see its log, and restart it if it hangs", .0.as_secs())]
    NoReply(Duration),
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
    let limit = match request {
        ControlRequest::Purge(_) | ControlRequest::Reload {} => LONG_REPLY_TIMEOUT,
        _ => REPLY_TIMEOUT,
    };
    let no_reply = |_| ControlClientError::NoReply(limit);
    let connected = timeout(limit, UnixStream::connect(socket)).await.map_err(no_reply)?;
    let mut stream = connected.map_err(ControlClientError::Connect)?;
    timeout(limit, stream.write_all(&line)).await.map_err(no_reply)?.map_err(bad_reply)?;
    read_replies(stream, limit).await
}

async fn read_replies(
    stream: UnixStream,
    limit: Duration,
) -> Result<Vec<ControlReply>, ControlClientError> {
    let mut lines = FramedRead::new(stream, LinesCodec::new_with_max_length(MAX_REPLY_BYTES));
    let mut replies = Vec::new();
    loop {
        let next = timeout(limit, lines.next()).await;
        let Some(line) = next.map_err(|_| ControlClientError::NoReply(limit))? else { break };
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
