//! Connections to the control socket: who may ask, how many at once, for how long.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tracing::{debug, error, warn};

use super::protocol::{ControlReply, ControlRequest, MAX_REQUEST_BYTES};
use super::socket::ControlSocket;

/// Most connections at once; further ones wait for their turn.
const MAX_CONNECTIONS: usize = 8;
/// For the request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// For the answer to be read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two tries to accept, when the machine has no descriptors left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(200);
/// What is written at once, in bytes.
const WRITE_CHUNK_BYTES: usize = 64 << 10;

/// Answers until `stop`; then what is under way is broken off, and the socket's file removed.
pub async fn serve<A, F>(socket: ControlSocket, answer: A, stop: impl Future<Output = ()>)
where
    A: Fn(ControlRequest) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Vec<ControlReply>> + Send,
{
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        // A place is taken before the connection: what waits meanwhile waits in the kernel's queue.
        let place = tokio::select! {
            () = &mut stop => return,
            place = places.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = &mut stop => return,
            accepted = socket.listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) if is_authorized(&stream) => {
                let answer = answer.clone();
                connections.spawn(async move {
                    if let Err(error) = serve_connection(stream, answer).await {
                        debug!(%error, "[control] a conversation was broken off");
                    }
                    drop(place);
                });
            }
            Ok(_) => warn!("refused by [control]: only root and the daemon's own user may ask"),
            Err(error) => {
                error!(%error, "[control] can't accept a connection; trying again");
                sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

fn is_authorized(stream: &UnixStream) -> bool {
    let ours = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == 0 || peer.uid() == ours)
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
