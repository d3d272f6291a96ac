//! HTTP that is served: who may connect, how many, for how long.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, error, warn};

/// Most connections at once; further ones wait for their turn.
const MAX_CONNECTIONS: usize = 128;
/// For the head of a request, and for the next one on a connection that is kept.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest head of a request, in bytes.
const MAX_HEADER_BYTES: usize = 16 << 10;
/// After this a connection takes no further request.
const MAX_CONNECTION_TIME: Duration = Duration::from_secs(60);
/// For the response that is then under way.
const LAST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);
/// Between two tries to accept, when the machine has no descriptors left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(200);

/// Where one server is connected to.
#[derive(Debug)]
pub struct HttpServerListener {
    /// Its table in the daemon's file, for the log.
    pub table: &'static str,
    /// Where.
    pub listener: TcpListener,
    /// Who may connect.
    pub allow: Vec<IpNet>,
}

/// Answers requests until `stop`; then what is under way is broken off.
pub async fn serve<A, F, B>(door: HttpServerListener, answer: A, stop: impl Future<Output = ()>)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let HttpServerListener { table, listener, allow } = door;
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        // A place is taken before the connection: what waits meanwhile waits in the kernel's queue.
        let place = tokio::select! {
            () = &mut stop => return,
            place = places.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((_, peer)) if !is_allowed(&allow, peer.ip()) => {
                warn!(peer = %peer.ip(), "refused by {table}: not in a network that may connect (`allow`)");
            }
            Ok((stream, peer)) => {
                let answer = answer.clone();
                connections.spawn(async move {
                    serve_connection(table, stream, peer.ip(), answer).await;
                    drop(place);
                });
            }
            Err(error) => {
                error!(%error, "{table} can't accept a connection; trying again");
                sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve_connection<A, F, B>(table: &'static str, stream: TcpStream, peer: IpAddr, answer: A)
where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let service = service_fn(|request| async {
        let response = answer(request).await;
        debug!(%peer, status = response.status().as_u16(), "{table} was asked");
        Ok::<_, Infallible>(response)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // How a connection ended is the peer's affair.
    if timeout(MAX_CONNECTION_TIME, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        drop(timeout(LAST_RESPONSE_TIMEOUT, connection).await);
    }
}

/// An IPv4 peer of a listener for both families comes as `::ffff:a.b.c.d`.
fn is_allowed(networks: &[IpNet], peer: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&peer.to_canonical()))
}
