//! The bytes to and from the server, and how many of them are read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::redis_address::RedisEndpoint;
use super::{MAX_SEALED_BYTES, SharedCacheSetupError};

/// Most requests under way at once; what comes beyond waits its turn.
pub(super) const MAX_CONCURRENT_REQUESTS: usize = 16;

/// Most that can come between two writes: what all requests under way can have asked for. The client library itself
/// reads on for as long as a server sends.
const READ_BUDGET: usize = MAX_CONCURRENT_REQUESTS * (MAX_SEALED_BYTES + 4096);

/// What forgets idle connections on the way would let a caller find out.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));

/// A connection of any kind.
pub(super) trait RedisStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> RedisStream for T {}

/// Makes connections to one place.
pub(super) struct RedisConnector {
    endpoint: RedisEndpoint,
    tls: Option<TlsConnector>,
}

impl RedisConnector {
    pub(super) fn new(place: &RedisEndpoint) -> Result<Self, SharedCacheSetupError> {
        let tls = match place {
            RedisEndpoint::Tcp { tls: true, .. } => Some(tls_connector()?),
            _ => None,
        };
        Ok(Self { endpoint: place.clone(), tls })
    }

    pub(super) async fn connect(&self) -> io::Result<ReadLimitedStream> {
        let stream: Box<dyn RedisStream> = match &self.endpoint {
            RedisEndpoint::Unix(path) => Box::new(UnixStream::connect(path).await?),
            RedisEndpoint::Tcp { host, port, .. } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE)?;
                self.wrap_tls(host, stream).await?
            }
        };
        Ok(ReadLimitedStream { stream, read_budget: READ_BUDGET })
    }

    async fn wrap_tls(&self, host: &str, stream: TcpStream) -> io::Result<Box<dyn RedisStream>> {
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Box::new(tls.connect(name, stream).await?))
    }
}

/// TLS by the roots of the system.
fn tls_connector() -> Result<TlsConnector, SharedCacheSetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(SharedCacheSetupError::NoRootCertificates);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| SharedCacheSetupError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A connection that ends when more comes than can have been asked for.
pub(super) struct ReadLimitedStream {
    stream: Box<dyn RedisStream>,
    read_budget: usize,
}

impl AsyncRead for ReadLimitedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        match self.read_budget.checked_sub(read) {
            Some(left) => {
                self.read_budget = left;
                Poll::Ready(Ok(()))
            }
            None => Poll::Ready(Err(io::Error::other("it sends more than it was asked for"))),
        }
    }
}

impl AsyncWrite for ReadLimitedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.read_budget = READ_BUDGET;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
