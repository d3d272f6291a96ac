//! A stand-in for the shop's web application: it knows one order.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// Most bytes of a request.
const MOST: usize = 8 * 1024;
/// For a whole request.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests at once.
const MOST_AT_ONCE: usize = 8;

/// A shop that is open until it is dropped.
pub(super) struct Shop {
    pub(super) port: u16,
    serving: JoinHandle<()>,
}

impl Shop {
    /// Opens; each answer takes a time.
    pub(super) async fn open(takes: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { port, serving: tokio::spawn(serve(listener, takes)) })
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, takes: Duration) {
    let mut requests = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if requests.len() < MOST_AT_ONCE => match accepted {
                Ok((stream, _)) => { requests.spawn(timeout(PATIENCE, answer(stream, takes))); }
                Err(_) => sleep(takes).await,
            },
            Some(_) = requests.join_next() => {}
        }
    }
}

async fn answer(mut stream: TcpStream, takes: Duration) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() > MOST || stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    sleep(takes).await;
    let knows = String::from_utf8_lossy(&request).contains("orderID=4711");
    let body = match knows {
        true => r#"{"data": {"code": 200, "status": "shipped"}}"#,
        false => r#"{"data": {"code": 404}}"#,
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    let reply = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(reply.as_bytes()).await
}
