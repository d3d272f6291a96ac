//! A vosk server's websocket: the rate, the samples, the end; a reply to each but the first.

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use url::Url;

use super::{MAX_REPLY_BYTES, MAX_TRANSCRIPT_BYTES, utterance::UtteranceAudio};
use crate::script::voice::AsrError;

/// Bytes of samples in a message: half a second at 8 kHz.
const CHUNK_BYTES: usize = 8000;
/// The server compares this as text (`process_chunk` in websocket/asr_server.py).
const END_MESSAGE: &str = r#"{"eof" : 1}"#;

pub(super) async fn transcribe(url: &Url, utterance: &UtteranceAudio) -> Result<String, AsrError> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_REPLY_BYTES))
        .max_frame_size(Some(MAX_REPLY_BYTES));
    let connected = connect_async_with_config(url.as_str(), Some(config), true).await;
    let (socket, _) = connected.map_err(|error| connection_error(&error))?;
    let (sink, stream) = socket.split();
    let chunks = pcm_chunks(utterance);
    let replies = chunks.len() + 1;
    let (sent, words) = tokio::join!(
        send_audio(sink, utterance.sample_rate, chunks),
        collect_results(stream, replies)
    );
    match words {
        Ok(words) => Ok(words),
        Err(deaf) => Err(sent.err().unwrap_or(deaf)),
    }
}

fn pcm_chunks(utterance: &UtteranceAudio) -> Vec<Bytes> {
    let pcm = Bytes::from(utterance.to_pcm());
    let starts = (0..pcm.len()).step_by(CHUNK_BYTES);
    starts.map(|start| pcm.slice(start..pcm.len().min(start + CHUNK_BYTES))).collect()
}

async fn send_audio(
    mut sink: impl Sink<Message, Error = Error> + Unpin,
    rate: u32,
    chunks: Vec<Bytes>,
) -> Result<(), AsrError> {
    let config = format!(r#"{{"config":{{"sample_rate":{rate}}}}}"#);
    let end = Message::text(END_MESSAGE);
    let chunks = chunks.into_iter().map(Message::Binary);
    for message in [Message::text(config)].into_iter().chain(chunks).chain([end]) {
        sink.send(message).await.map_err(|error| connection_error(&error))?;
    }
    Ok(())
}

/// Partial results have no `text`; each final one has the words since the one before.
#[derive(serde::Deserialize)]
struct VoskReply {
    #[serde(default)]
    text: String,
}

/// All final results, until the last reply or the end of the connection.
async fn collect_results(
    mut stream: impl Stream<Item = Result<Message, Error>> + Unpin,
    replies: usize,
) -> Result<String, AsrError> {
    let mut words = String::new();
    let mut read = 0;
    while read < replies {
        let message = match stream.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(connection_error(&error)),
            None => break,
        };
        let Message::Text(text) = message else { continue };
        read += 1;
        let result: VoskReply = serde_json::from_str(&text).map_err(|_| unreadable_reply())?;
        if words.len() < MAX_TRANSCRIPT_BYTES {
            words.push_str(&result.text);
            words.push(' ');
        }
    }
    match read {
        0 => Err(AsrError("it ended the connection without a reply".into())),
        _ => Ok(words),
    }
}

fn unreadable_reply() -> AsrError {
    AsrError("its reply can't be read".into())
}

/// An error's own text may hold a part of a message.
fn connection_error(error: &Error) -> AsrError {
    AsrError(match error {
        Error::Io(error) => format!("no connection: {error}"),
        Error::Http(reply) => format!("it answered with status {}", reply.status().as_u16()),
        Error::Capacity(_) => "its reply is too long".into(),
        Error::Url(_) | Error::Tls(_) => "its URL can't be connected to".into(),
        _ => "the connection broke".into(),
    })
}
