//! A mock of the shop's web application, which knows one order.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

const MAX_REQUEST_BYTES: usize = 8 * 1024;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_CONNECTIONS: usize = 8;

/// Serves requests until it is dropped.
pub(super) struct MockShop {
    pub(super) port: u16,
    server_task: JoinHandle<()>,
}

impl MockShop {
    /// Starts on a free loopback port. Each answer is sent after a delay.
    pub(super) async fn start(delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { port, server_task: tokio::spawn(serve(listener, delay)) })
    }
}

impl Drop for MockShop {
    fn drop(&mut self) {
        self.server_task.abort();
    }
}

async fn serve(listener: TcpListener, delay: Duration) {
    let mut requests = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if requests.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => { requests.spawn(timeout(REQUEST_TIMEOUT, handle_request(stream, delay))); }
                Err(_) => sleep(delay).await,
            },
            Some(_) = requests.join_next() => {}
        }
    }
}

async fn handle_request(mut stream: TcpStream, delay: Duration) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() > MAX_REQUEST_BYTES || stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    sleep(delay).await;
    let order_exists = String::from_utf8_lossy(&request).contains("orderID=4711");
    let body = match order_exists {
        true => r#"{"data": {"code": 200, "status": "shipped"}}"#,
        false => r#"{"data": {"code": 404}}"#,
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    let reply = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(reply.as_bytes()).await
}
