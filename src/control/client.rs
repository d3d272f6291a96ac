//! The asking end.

use std::io;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, LinesCodec};

use super::protocol::{Answer, LARGEST_REQUEST, Request};

/// For the daemon to take the connection, and for each line of its answer: looking a shared cache through takes it half a
/// minute.
const PATIENCE: Duration = Duration::from_secs(45);
/// Longest line of an answer, in bytes.
const LARGEST_ANSWER: usize = 1 << 20;

/// Why nothing was answered.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody could be asked.
    #[error("{0}")]
    Connect(io::Error),
    /// The request is longer than a daemon reads.
    #[error("that is more than can be asked at once: name less")]
    TooMuch,
    /// The conversation broke off.
    #[error("the daemon gave no whole answer: {0}")]
    Broken(String),
    /// What the daemon says against it.
    #[error("{0}")]
    Fault(String),
}

/// Asks the daemon that listens on a socket.
///
/// # Errors
///
/// When nobody listens there, or the daemon does not answer, or has something against the request.
pub async fn ask(socket: &Path, request: &Request) -> Result<Vec<Answer>, AskError> {
    let mut line = serde_json::to_vec(request).map_err(broken)?;
    if line.len() > LARGEST_REQUEST {
        return Err(AskError::TooMuch);
    }
    line.push(b'\n');
    let connected = timeout(PATIENCE, UnixStream::connect(socket)).await;
    let mut stream = connected.map_err(io::Error::from).flatten().map_err(AskError::Connect)?;
    stream.write_all(&line).await.map_err(broken)?;
    read(stream).await
}

async fn read(stream: UnixStream) -> Result<Vec<Answer>, AskError> {
    let mut lines = FramedRead::new(stream, LinesCodec::new_with_max_length(LARGEST_ANSWER));
    let mut answers = Vec::new();
    while let Some(line) = timeout(PATIENCE, lines.next()).await.map_err(broken)? {
        match serde_json::from_str(&line.map_err(broken)?).map_err(broken)? {
            Answer::Fault(fault) => return Err(AskError::Fault(fault)),
            answer => answers.push(answer),
        }
    }
    match answers.is_empty() {
        true => Err(broken("it closed the connection")),
        false => Ok(answers),
    }
}

fn broken(reason: impl ToString) -> AskError {
    AskError::Broken(reason.to_string())
}
