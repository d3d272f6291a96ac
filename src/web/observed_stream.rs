//! The stream of a connection, which knows whether the server has answered.
//!
//! A server may close an idle connection at any time, also while a request is on its way to it. Whether such a request
//! may be sent once more depends on two things that the HTTP library does not report: which request opened the
//! connection, and whether the server has sent a byte of its answer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

tokio::task_local! {
    /// The transmission that the calling code belongs to.
    static CURRENT_TRANSMISSION: TransmissionId;
}

static NEXT_TRANSMISSION: AtomicU64 = AtomicU64::new(1);

/// One request, sent once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TransmissionId(u64);

impl TransmissionId {
    pub(super) fn next() -> Self {
        Self(NEXT_TRANSMISSION.fetch_add(1, Ordering::Relaxed))
    }

    /// Runs the code that sends the request.
    pub(super) async fn scope<T>(self, sending: impl Future<Output = T>) -> T {
        CURRENT_TRANSMISSION.scope(self, sending).await
    }

    /// The transmission that the calling code belongs to.
    pub(super) fn current() -> Option<Self> {
        CURRENT_TRANSMISSION.try_with(|id| *id).ok()
    }
}

/// What happened on a connection.
#[derive(Debug)]
pub(super) struct ConnectionActivity {
    opened_by: Option<TransmissionId>,
    /// Whether bytes were read since the current request began. The request begins with the first write after
    /// `is_request_over`.
    is_answered: AtomicBool,
    /// Whether the head of the answer to the last request has arrived, or there was no request.
    is_request_over: AtomicBool,
}

impl ConnectionActivity {
    /// Whether the connection existed before this transmission, which used it.
    pub(super) fn is_reused_by(&self, transmission: TransmissionId) -> bool {
        self.opened_by != Some(transmission)
    }

    /// Whether the server has sent a byte since the client began to write the request, even if the client has written
    /// more since. Says nothing about HTTP/2, where many requests share the connection.
    pub(super) fn is_answered(&self) -> bool {
        self.is_answered.load(Ordering::Acquire)
    }

    /// The next write belongs to another request. Call this when the head of an answer has arrived. A request that
    /// begins before this call counts as answered, and is not sent again.
    pub(super) fn end_request(&self) {
        self.is_request_over.store(true, Ordering::Release);
    }

    fn begin_request(&self) {
        if self.is_request_over.swap(false, Ordering::AcqRel) {
            self.is_answered.store(false, Ordering::Release);
        }
    }
}

/// TCP, or TLS over another stream. TLS over TLS is a tunnel through an HTTPS proxy.
pub(super) enum RawStream {
    Tcp(TcpStream),
    Tls(Box<TlsStream<RawStream>>),
}

pub(super) struct ObservedStream {
    stream: RawStream,
    activity: Arc<ConnectionActivity>,
    /// Whether requests name the whole URL, because an HTTP proxy reads them.
    is_proxied: bool,
}

impl ObservedStream {
    pub(super) fn new(
        stream: RawStream,
        opened_by: Option<TransmissionId>,
        is_proxied: bool,
    ) -> Self {
        let activity = ConnectionActivity {
            opened_by,
            is_answered: AtomicBool::new(false),
            is_request_over: AtomicBool::new(true),
        };
        Self { stream, activity: Arc::new(activity), is_proxied }
    }
}

impl Connection for ObservedStream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.is_proxied).extra(self.activity.clone());
        match &self.stream {
            RawStream::Tls(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2") => {
                connected.negotiated_h2()
            }
            _ => connected,
        }
    }
}

impl AsyncRead for ObservedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.activity.is_answered.store(true, Ordering::Release);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ObservedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.activity.begin_request();
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.activity.begin_request();
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncRead for RawStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for RawStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
