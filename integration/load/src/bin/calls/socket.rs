//! The switch's end of a connection. It can record what the server does.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript_load::transcript::{Action, Transcript};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::SemaphorePermit;
use tokio::time::sleep;

/// While a call is recorded: how long the server may take to react to a message. So each of its writes is recorded
/// after the message that caused it.
const REACTION: Duration = Duration::from_millis(30);

/// More than a server sends in one write.
const INPUT_BYTES: usize = 2048;

pub(crate) type SharedTranscript = Arc<Mutex<Transcript>>;

pub(crate) struct SwitchSocket<'r> {
    stream: TcpStream,
    /// What was read and not handled yet.
    pub(crate) input: Vec<u8>,
    transcript: Option<SharedTranscript>,
    /// Held until the server has sent something.
    pub(crate) connecting: Option<SemaphorePermit<'r>>,
}

impl SwitchSocket<'_> {
    pub(crate) async fn connect(
        address: &str,
        transcript: Option<SharedTranscript>,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let input = Vec::with_capacity(INPUT_BYTES);
        Ok(Self { stream, input, transcript, connecting: None })
    }

    /// Reads more input. Returns whether the server has closed the connection.
    pub(crate) async fn read(&mut self) -> io::Result<bool> {
        let before = self.input.len();
        self.input.reserve(INPUT_BYTES);
        let bytes = self.stream.read_buf(&mut self.input).await?;
        self.connecting = None;
        self.record(before);
        Ok(bytes == 0)
    }

    /// Sends one message.
    pub(crate) async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.stream.write_all(message).await?;
        if let Some(transcript) = &self.transcript {
            if let Ok(mut transcript) = transcript.lock() {
                transcript.message_sent();
            }
            sleep(REACTION).await;
            let before = self.input.len();
            self.input.reserve(INPUT_BYTES);
            // Nothing to read is an error as well.
            drop(self.stream.try_read_buf(&mut self.input));
            self.record(before);
        }
        Ok(())
    }

    fn record(&self, before: usize) {
        let text = String::from_utf8_lossy(&self.input[before..]).into_owned();
        if let Some(Ok(mut transcript)) = self.transcript.as_ref().map(|shared| shared.lock())
            && !text.is_empty()
        {
            transcript.add(Action::Write(text));
        }
    }
}
