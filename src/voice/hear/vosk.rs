//! A vosk server's websocket: the rate, the samples, the end; a reply to each but the first.

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use url::Url;

use super::{MOST_ANSWER, MOST_WORDS, utterance::Utterance};
use crate::script::voice::Deaf;

/// Bytes of samples in a message: half a second at 8 kHz.
const CHUNK: usize = 8000;
/// The server compares this as text (`process_chunk` in websocket/asr_server.py).
const END: &str = r#"{"eof" : 1}"#;

pub(super) async fn words(url: &Url, utterance: &Utterance) -> Result<String, Deaf> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MOST_ANSWER))
        .max_frame_size(Some(MOST_ANSWER));
    let connected = connect_async_with_config(url.as_str(), Some(config), true).await;
    let (socket, _) = connected.map_err(|error| lost(&error))?;
    let (sink, stream) = socket.split();
    let chunks = chunks(utterance);
    let replies = chunks.len() + 1;
    let (sent, words) = tokio::join!(send(sink, utterance.rate, chunks), collect(stream, replies));
    match words {
        Ok(words) => Ok(words),
        Err(deaf) => Err(sent.err().unwrap_or(deaf)),
    }
}

fn chunks(utterance: &Utterance) -> Vec<Bytes> {
    let pcm = Bytes::from(utterance.pcm());
    let starts = (0..pcm.len()).step_by(CHUNK);
    starts.map(|start| pcm.slice(start..pcm.len().min(start + CHUNK))).collect()
}

async fn send(
    mut sink: impl Sink<Message, Error = Error> + Unpin,
    rate: u32,
    chunks: Vec<Bytes>,
) -> Result<(), Deaf> {
    let config = format!(r#"{{"config":{{"sample_rate":{rate}}}}}"#);
    let end = Message::text(END);
    let chunks = chunks.into_iter().map(Message::Binary);
    for message in [Message::text(config)].into_iter().chain(chunks).chain([end]) {
        sink.send(message).await.map_err(|error| lost(&error))?;
    }
    Ok(())
}

/// Partial results have no `text`; each final one has the words since the one before.
#[derive(serde::Deserialize)]
struct Hypothesis {
    #[serde(default)]
    text: String,
}

/// All final results, until the last reply or the end of the connection.
async fn collect(
    mut stream: impl Stream<Item = Result<Message, Error>> + Unpin,
    replies: usize,
) -> Result<String, Deaf> {
    let mut words = String::new();
    let mut read = 0;
    while read < replies {
        let message = match stream.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(lost(&error)),
            None => break,
        };
        let Message::Text(text) = message else { continue };
        read += 1;
        let result: Hypothesis = serde_json::from_str(&text).map_err(|_| unreadable())?;
        if words.len() < MOST_WORDS {
            words.push_str(&result.text);
            words.push(' ');
        }
    }
    match read {
        0 => Err(Deaf("it ended the connection without a reply".into())),
        _ => Ok(words),
    }
}

fn unreadable() -> Deaf {
    Deaf("its reply can't be read".into())
}

/// An error's own text may hold a part of a message.
fn lost(error: &Error) -> Deaf {
    Deaf(match error {
        Error::Io(error) => format!("no connection: {error}"),
        Error::Http(reply) => format!("it answered with status {}", reply.status().as_u16()),
        Error::Capacity(_) => "its reply is too long".into(),
        Error::Url(_) | Error::Tls(_) => "its URL can't be connected to".into(),
        _ => "the connection broke".into(),
    })
}
