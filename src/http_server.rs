//! The HTTP server for sounds and metrics, with limits on connections, headers and time.

#[cfg(test)]
mod tests;
mod watched_stream;

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use crate::listener::{self, ConnectionProgress, NetworkListener};
use watched_stream::WatchedStream;

/// The maximum number of open connections. For a further one, an idle connection is closed.
const MAX_CONNECTIONS: usize = 128;
/// Timeout for the header of a request, and for the next request on a persistent connection.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest request header, in bytes.
const MAX_HEADER_BYTES: usize = 16 << 10;
/// A connection accepts no further request after this time.
const MAX_CONNECTION_TIME: Duration = Duration::from_secs(60);
/// A response that is still being sent after [`MAX_CONNECTION_TIME`] may take this much longer.
const LAST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// Handles requests until `stop` resolves, then closes the listener, and returns when the open connections have ended.
pub(crate) async fn serve<H, F, B>(
    listener: NetworkListener,
    handle_request: H,
    stop: impl Future<Output = ()> + Send,
) where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener_name = listener.name;
    let serve = move |stream, peer, progress| {
        serve_connection(listener_name, stream, peer, progress, handle_request.clone())
    };
    listener::serve_connections(listener, MAX_CONNECTIONS, serve, stop).await;
}

async fn serve_connection<H, F, B>(
    listener_name: &'static str,
    stream: TcpStream,
    peer: IpAddr,
    progress: ConnectionProgress,
    handle_request: H,
) where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let stream = WatchedStream::new(stream, progress.clone());
    let service = service_fn(|request| async {
        progress.peer_waits();
        let response = handle_request(request).await;
        progress.record();
        debug!(%peer, http_status = response.status().as_u16(), "{listener_name}: request served");
        Ok::<_, Infallible>(response)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // The peer causes an error here: it closes the connection, does not read, or sends something that is not HTTP.
    if timeout(MAX_CONNECTION_TIME, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        drop(timeout(LAST_RESPONSE_TIMEOUT, connection).await);
    }
}
