//! Connections that requests share (HTTP/2 has one for all).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dialscript::script::definition::RetryPolicy;
use dialscript::script::request::{TriggerError, TriggerRequest};
use http::Response;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::certificates::{CA, upstream};
use super::{ask, triggers};
use crate::support::web::tls::{ClientAuth, server};
use crate::trigger::http::with_total_timeout;
use crate::trigger::requests::get;

/// A server that speaks only HTTP/2.
async fn web() -> SocketAddr {
    let mut tls = server(ClientAuth::Optional);
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let tls = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                let stream = TokioIo::new(tls.accept(stream).await.unwrap());
                let answer =
                    service_fn(|_| async { Ok::<_, Infallible>(Response::new("fine".to_owned())) });
                drop(
                    http2::Builder::new(TokioExecutor::new())
                        .serve_connection(stream, answer)
                        .await,
                );
            });
        }
    });
    address
}

/// A TCP relay in front of a server. Once `quiet` is cancelled, its first connection stays open but carries no data.
async fn relay(to: SocketAddr, quiet: CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut may_end = Some(quiet);
        while let Ok((mut near, _)) = listener.accept().await {
            let (mut far, quiet) = (TcpStream::connect(to).await.unwrap(), may_end.take());
            tokio::spawn(async move {
                let ends = async { quiet.unwrap_or_default().cancelled().await };
                let relayed = copy_bidirectional(&mut near, &mut far);
                tokio::select! {
                    _ = relayed => return,
                    () = ends => {}
                }
                std::future::pending::<()>().await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_dead_http2_connection_is_detected_in_time_and_replaced() {
    let quiet = CancellationToken::new();
    let address = relay(web().await, quiet.clone()).await;
    let triggers = triggers(&upstream("localhost", &[CA]));
    let url = format!("https://localhost:{}/", address.port());
    let patience =
        RetryPolicy { total_timeout: Duration::from_secs(5), attempt_timeout: None, retries: 0 };
    let request = || TriggerRequest { retry_policy: patience, ..get(&url) };
    assert_eq!(ask(&triggers, request()).await.answer.unwrap().status, 200);
    quiet.cancel();
    let fetched = ask(&triggers, request()).await;
    assert_eq!((fetched.answer.unwrap().status, fetched.timings.attempts), (200, 1));
}

/// Sends interim responses to an HTTP/2 request, without an end.
async fn send_interim_responses(listener: TcpListener, tls: TlsAcceptor) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut connection = h2::server::handshake(tls.accept(stream).await.unwrap()).await.unwrap();
    let (_, mut respond) = connection.accept().await.unwrap().unwrap();
    tokio::spawn(async move { while connection.accept().await.is_some() {} });
    let interim = || Response::builder().status(103).header("link", "</a>").body(()).unwrap();
    while respond.send_informational(interim()).is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn endless_interim_responses_over_http2_end_with_the_timeout() {
    let mut tls = server(ClientAuth::Optional);
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(send_interim_responses(listener, Arc::new(tls).into()));
    let limit = Duration::from_millis(500);
    let result =
        ask(&triggers(&upstream("localhost", &[CA])), with_total_timeout(limit, get(url))).await;
    assert_eq!(result.answer.expect_err("no answer"), TriggerError::TimedOut(limit));
}
