//! Connecting to the Redis server, with a limit on what is read from it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::redis_address::RedisEndpoint;
use super::seal::MAX_SEALED_BYTES;
use super::settings::SharedCacheSetupError;
use crate::web::tls::{TlsIdentity, handshake_on_port};

/// Limit on concurrent requests. Further requests wait for a permit.
pub(super) const MAX_CONCURRENT_REQUESTS: usize = 16;

/// The most bytes to read after a write: the longest possible replies to all concurrent requests together. The client
/// library has no limit of its own.
const READ_BUDGET: usize = MAX_CONCURRENT_REQUESTS * (MAX_SEALED_BYTES + 4096);

/// Without keepalive, a firewall may drop an idle connection, and only the next request would notice that.
const KEEPALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));

pub(super) trait RedisStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> RedisStream for T {}

pub(super) struct RedisConnector {
    endpoint: RedisEndpoint,
    tls: Option<TlsConnector>,
}

impl RedisConnector {
    pub(super) fn new(
        endpoint: &RedisEndpoint,
        identity: &TlsIdentity,
    ) -> Result<Self, SharedCacheSetupError> {
        let tls = match endpoint {
            RedisEndpoint::Tcp { tls: true, .. } => Some(tls_connector(identity)?),
            _ => None,
        };
        Ok(Self { endpoint: endpoint.clone(), tls })
    }

    pub(super) async fn connect(&self) -> io::Result<ReadLimitedStream> {
        let stream: Box<dyn RedisStream> = match &self.endpoint {
            RedisEndpoint::Unix(path) => Box::new(UnixStream::connect(path).await?),
            RedisEndpoint::Tcp { host, port, .. } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE)?;
                self.wrap_tls(host, *port, stream).await?
            }
        };
        Ok(ReadLimitedStream { stream, read_budget: READ_BUDGET })
    }

    async fn wrap_tls(
        &self,
        host: &str,
        port: u16,
        stream: TcpStream,
    ) -> io::Result<Box<dyn RedisStream>> {
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Box::new(handshake_on_port(port, tls.connect(name, stream)).await?))
    }
}

fn tls_connector(identity: &TlsIdentity) -> Result<TlsConnector, SharedCacheSetupError> {
    let config = identity.client_config_without_alpn();
    let config = config.map_err(|error| SharedCacheSetupError::Tls(error.to_string()))?;
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A connection that fails if more than [`READ_BUDGET`] bytes arrive after a write.
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
            Some(remaining) => {
                self.read_budget = remaining;
                Poll::Ready(Ok(()))
            }
            None => Poll::Ready(Err(io::Error::other("the server sent more than was requested"))),
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
