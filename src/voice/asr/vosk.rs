//! Speech recognition by a vosk server over WebSocket.
//!
//! We send the sample rate, the samples in chunks, and an end message. The server replies to each message but the
//! first.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use rustls::ClientConfig;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{Connector, connect_async_tls_with_config};
use url::Url;

use super::limits::{MAX_REPLY_BYTES, MAX_TRANSCRIPT_BYTES};
use super::utterance::UtteranceAudio;
use crate::script::voice::AsrError;
use crate::web::error_chain::root_cause;
use crate::web::tls::handshake_on_port;

/// Bytes of samples in one message: half a second at 8 kHz.
const CHUNK_BYTES: usize = 8000;
/// The server compares the text of this message, so even the spaces matter (`process_chunk` in
/// websocket/asr_server.py).
const END_MESSAGE: &str = r#"{"eof" : 1}"#;

/// `tls` is for a URL with `wss`.
pub(super) async fn transcribe(
    url: &Url,
    tls: ClientConfig,
    utterance: &UtteranceAudio,
) -> Result<String, AsrError> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_REPLY_BYTES))
        .max_frame_size(Some(MAX_REPLY_BYTES));
    let tls = Connector::Rustls(Arc::new(tls));
    let connecting = connect_async_tls_with_config(url.as_str(), Some(config), true, Some(tls));
    let port = url.port_or_known_default().unwrap_or(443);
    let connected = handshake_on_port(port, connecting).await;
    let (socket, _) = connected.map_err(|error| connection_error(&error))?;
    let (sink, stream) = socket.split();
    let chunks = pcm_chunks(utterance);
    let replies = chunks.len() + 1;
    let (sent, transcript) = tokio::join!(
        send_audio(sink, utterance.sample_rate, chunks),
        collect_results(stream, replies)
    );
    // If sending failed too, that error is the cause.
    transcript.map_err(|error| sent.err().unwrap_or(error))
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

/// Only a final result has a `text`: the words since the previous final result.
#[derive(serde::Deserialize)]
struct VoskReply {
    #[serde(default)]
    text: String,
}

/// Joins the final results. Stops after the last expected reply, or at the end of the connection.
async fn collect_results(
    mut stream: impl Stream<Item = Result<Message, Error>> + Unpin,
    expected_replies: usize,
) -> Result<String, AsrError> {
    let mut transcript = String::new();
    let mut received = 0;
    while received < expected_replies {
        let message = match stream.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(connection_error(&error)),
            None => break,
        };
        let Message::Text(text) = message else { continue };
        received += 1;
        let result: VoskReply =
            serde_json::from_str(&text).map_err(|_| AsrError("its reply is not valid".into()))?;
        if transcript.len() < MAX_TRANSCRIPT_BYTES {
            transcript.push_str(&result.text);
            transcript.push(' ');
        }
    }
    match received {
        0 => Err(AsrError("it closed the connection without a reply".into())),
        _ => Ok(transcript),
    }
}

/// Does not use the text of most errors, which may quote a message.
fn connection_error(error: &Error) -> AsrError {
    AsrError(match error {
        Error::Io(error) => format!("no connection: {}", root_cause(error)),
        Error::Http(reply) => format!("HTTP status {}", reply.status().as_u16()),
        Error::Capacity(_) => "its reply is too long".into(),
        Error::Url(_) | Error::Tls(_) => "could not connect to its URL".into(),
        _ => "the connection was lost".into(),
    })
}
