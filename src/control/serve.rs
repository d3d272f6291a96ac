//! Serves the control socket, with limits on connections, requests and time.

use std::future::{Future, pending};
use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tracing::debug;

use super::protocol::{ControlReply, ControlRequest, MAX_REQUEST_BYTES};
use super::socket::ControlSocket;
use crate::listener::{self, ConnectionProgress};

/// The maximum number of open connections. For a further one, an idle connection is closed. Each may hold a reply of
/// several megabytes.
const MAX_CONNECTIONS: usize = 16;
/// Timeout for reading the request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout for writing the replies.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// Timeout for writing one chunk of them.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(5);
/// Replies are written in chunks of at least this size, in bytes.
const WRITE_CHUNK_BYTES: usize = 64 << 10;

/// Answers requests until `stop` resolves, then aborts the open connections and removes the socket's file.
pub async fn serve<A, F>(socket: ControlSocket, answer: A, stop: impl Future<Output = ()> + Send)
where
    A: Fn(ControlRequest) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Vec<ControlReply>> + Send,
{
    let ControlSocket { listener, file: _removed_at_the_end } = socket;
    let serve = move |stream, _, progress| {
        let answer = answer.clone();
        async move {
            if let Err(error) = serve_connection(stream, answer, &progress).await {
                debug!(%error, "[control] connection failed");
            }
        }
    };
    tokio::select! {
        () = listener::serve_connections(listener, MAX_CONNECTIONS, serve, pending()) => {}
        () = stop => {}
    }
}

async fn serve_connection<A, F>(
    mut stream: UnixStream,
    answer: A,
    progress: &ConnectionProgress,
) -> io::Result<()>
where
    A: Fn(ControlRequest) -> F,
    F: Future<Output = Vec<ControlReply>>,
{
    let replies = match timeout(REQUEST_TIMEOUT, read_request(&mut stream)).await? {
        Ok(Some(request)) => {
            debug!(%request, "[control] request");
            progress.peer_waits();
            answer(request).await
        }
        Ok(None) => return Ok(()),
        Err(error) => vec![ControlReply::Error(error)],
    };
    progress.record();
    timeout(WRITE_TIMEOUT, write_replies(&mut stream, &replies, progress)).await?
}

/// The request of a connection; `None` if the peer closed it without one.
async fn read_request(stream: &mut UnixStream) -> Result<Option<ControlRequest>, String> {
    let lines = LinesCodec::new_with_max_length(MAX_REQUEST_BYTES);
    match FramedRead::new(stream, lines).next().await {
        None => Ok(None),
        Some(Ok(line)) => serde_json::from_str(&line)
            .map(Some)
            .map_err(|error| format!("invalid request: {error}")),
        Some(Err(LinesCodecError::MaxLineLengthExceeded)) => {
            Err(format!("the request is longer than {MAX_REQUEST_BYTES} bytes"))
        }
        Some(Err(LinesCodecError::Io(error))) => Err(format!("invalid request: {error}")),
    }
}

async fn write_replies(
    stream: &mut UnixStream,
    replies: &[ControlReply],
    progress: &ConnectionProgress,
) -> io::Result<()> {
    let mut chunk = Vec::new();
    for (index, reply) in replies.iter().enumerate() {
        serde_json::to_writer(&mut chunk, reply)?;
        chunk.push(b'\n');
        if chunk.len() >= WRITE_CHUNK_BYTES || index + 1 == replies.len() {
            timeout(CHUNK_TIMEOUT, stream.write_all(&chunk)).await??;
            progress.record();
            chunk.clear();
        }
    }
    Ok(())
}
