//! Reads messages and writes commands. An idle call has no buffer.

use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::codec::FramedRead;

use crate::esl::codec::{EslCodec, EslMessage};
use crate::esl::command::EslCommand;
use crate::esl::error::EslError;
use crate::wire::next_message;

/// The reply to `connect` has 4 to 8 kB, and so have most events.
const READ_BUFFER_BYTES: usize = 8 * 1024;

pub(super) struct EslTransport<S> {
    framed: FramedRead<S, EslCodec>,
    /// Commands that are not sent yet.
    unsent: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslTransport<S> {
    pub(super) fn new(stream: S) -> Self {
        let framed = FramedRead::with_capacity(stream, EslCodec::default(), 0);
        Self { framed, unsent: BytesMut::new() }
    }

    /// The next message, or `None` at the end of the connection.
    pub(super) async fn next(&mut self) -> Option<Result<EslMessage, EslError>> {
        next_message(&mut self.framed, READ_BUFFER_BYTES).await
    }

    /// Adds a command to those that the next [`flush`](Self::flush) sends.
    pub(super) fn feed(&mut self, command: &EslCommand) {
        self.unsent.extend_from_slice(command.as_bytes());
    }

    /// Sends the commands, in one write unless FreeSWITCH reads too slowly: it busy-waits for a body that comes later
    /// (`read_packet`). If this future is dropped, the rest is sent by the next flush.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.framed.get_mut().write_all_buf(&mut self.unsent).await?;
        self.unsent = BytesMut::new();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
