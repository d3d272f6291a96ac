//! Reads messages without keeping a buffer for an idle connection.

use std::future::poll_fn;

use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::io::AsyncRead;
use tokio_util::codec::{Decoder, FramedRead};

/// The next message, or `None` at the end of the connection. At most `read_bytes` are read at a time, unless the codec
/// asks for more.
///
/// Most calls wait for the end of a sound most of the time. So while nothing has been received, the connection has no
/// buffer.
pub(crate) async fn next_message<S: AsyncRead + Unpin, D: Decoder>(
    framed: &mut FramedRead<S, D>,
    read_bytes: usize,
) -> Option<Result<D::Item, D::Error>> {
    poll_fn(|cx| {
        if framed.read_buffer().is_empty() {
            framed.read_buffer_mut().reserve(read_bytes);
        }
        let message = framed.poll_next_unpin(cx);
        if message.is_pending() && framed.read_buffer().is_empty() {
            *framed.read_buffer_mut() = BytesMut::new();
        }
        message
    })
    .await
}
