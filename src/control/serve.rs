//! Connections to the control socket: who may ask, how many at once, for how long.

use std::future::Future;
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
use crate::listener::{self, ConnectionLimit};

/// Most connections at once; further ones wait for their turn.
const MAX_CONNECTIONS: usize = 8;
/// For the request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// For the answer to be read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// What is written at once, in bytes.
const WRITE_CHUNK_BYTES: usize = 64 << 10;

/// Answers requests until `stop` resolves, then aborts the open connections and removes the socket's file.
pub async fn serve<A, F>(socket: ControlSocket, answer: A, stop: impl Future<Output = ()> + Send)
where
    A: Fn(ControlRequest) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Vec<ControlReply>> + Send,
{
    let ControlSocket { listener, file: _removed_at_the_end } = socket;
    let serve = move |stream, _| {
        let answer = answer.clone();
        async move {
            if let Err(error) = serve_connection(stream, answer).await {
                debug!(%error, "[control] connection failed");
            }
        }
    };
    let limit = ConnectionLimit::waiting(MAX_CONNECTIONS);
    listener::serve_connections(&listener, limit, serve, stop).await;
}

async fn serve_connection<A, F>(mut stream: UnixStream, answer: A) -> io::Result<()>
where
    A: Fn(ControlRequest) -> F,
    F: Future<Output = Vec<ControlReply>>,
{
    let answers = match timeout(REQUEST_TIMEOUT, read_request(&mut stream)).await? {
        Ok(Some(request)) => {
            debug!(?request, "[control] was asked");
            answer(request).await
        }
        Ok(None) => return Ok(()),
        Err(fault) => vec![ControlReply::Fault(fault)],
    };
    timeout(WRITE_TIMEOUT, write_replies(&mut stream, &answers)).await?
}

/// The one request; nothing where the peer has left without one.
async fn read_request(stream: &mut UnixStream) -> Result<Option<ControlRequest>, String> {
    let lines = LinesCodec::new_with_max_length(MAX_REQUEST_BYTES);
    match FramedRead::new(stream, lines).next().await {
        None => Ok(None),
        Some(Ok(line)) => {
            serde_json::from_str(&line).map(Some).map_err(|error| format!("no request: {error}"))
        }
        Some(Err(LinesCodecError::MaxLineLengthExceeded)) => {
            Err(format!("a request has at most {MAX_REQUEST_BYTES} bytes"))
        }
        Some(Err(LinesCodecError::Io(error))) => Err(format!("no request: {error}")),
    }
}

async fn write_replies(stream: &mut UnixStream, answers: &[ControlReply]) -> io::Result<()> {
    let mut piece = Vec::new();
    for answer in answers {
        serde_json::to_writer(&mut piece, answer)?;
        piece.push(b'\n');
        if piece.len() >= WRITE_CHUNK_BYTES {
            stream.write_all(&piece).await?;
            piece.clear();
        }
    }
    stream.write_all(&piece).await
}
