//! A fake web server on raw TCP. The test chooses the reply to each request, including invalid ones.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

pub(crate) mod tls;

/// A request that the server received.
#[derive(Debug, Clone)]
pub(crate) struct SeenRequest {
    /// The request line and the headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The number of its connection, from 1.
    pub(crate) connection: usize,
}

impl SeenRequest {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().expect("a line")
    }

    pub(crate) fn path(&self) -> &str {
        self.line().split(' ').nth(1).expect("a path")
    }

    /// All values of a header, in the order in which they were received.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }
}

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Sends these bytes and keeps the connection open.
    Bytes(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Close(Vec<u8>),
    /// Sends these bytes one by one every few milliseconds, and then spaces without end.
    Drip(Vec<u8>),
    /// Sends these bytes again and again.
    Endless(Vec<u8>),
    /// Sends nothing and keeps the connection open.
    Silence,
    /// Resets the TCP connection.
    Reset,
    /// Sends these bytes when the test notifies the server.
    Held(Arc<Notify>, Vec<u8>),
}

impl Reply {
    /// A complete reply with this status and content type.
    pub(crate) fn of(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        Self::with(status, &format!("Content-Type: {content_type}\r\n"), body)
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::of(200, "application/json", body)
    }

    /// A complete reply with these headers. Each of them must end with `\r\n`.
    pub(crate) fn with(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Reason\r\n{headers}Content-Length: {length}\r\n\r\n");
        Self::Bytes([head.as_bytes(), body].concat())
    }

    pub(crate) fn redirect(status: u16, to: &str) -> Self {
        Self::with(status, &format!("Location: {to}\r\n"), "")
    }

    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => panic!("only complete replies can be held"),
        }
    }

    /// The same reply, sent only when the test calls `send.notify_one()`.
    pub(crate) fn held(self, send: &Arc<Notify>) -> Self {
        Self::Held(Arc::clone(send), self.bytes())
    }
}

/// The server. The test reads the requests that it has received one by one.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
    seen: mpsc::UnboundedReceiver<SeenRequest>,
}

impl Web {
    pub(crate) async fn start(
        reply: impl Fn(&SeenRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, seen) = mpsc::unbounded_channel();
        tokio::spawn(accept(listener, Arc::new(reply), sender));
        Self { address, seen }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request.
    pub(crate) async fn next(&mut self) -> SeenRequest {
        let seen = tokio::time::timeout(Duration::from_secs(5), self.seen.recv()).await;
        seen.expect("a request within 5 s").expect("the server lives")
    }

    /// The requests that the server has received and the test has not read.
    pub(crate) fn unread_requests_in_order(&mut self) -> Vec<SeenRequest> {
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }

    /// How many requests the server has received and the test has not read.
    pub(crate) fn unread_requests(&mut self) -> usize {
        self.unread_requests_in_order().len()
    }
}

type Replies = Arc<dyn Fn(&SeenRequest) -> Reply + Send + Sync>;

async fn accept(listener: TcpListener, reply: Replies, sender: mpsc::UnboundedSender<SeenRequest>) {
    let connections = AtomicUsize::new(0);
    while let Ok((stream, _)) = listener.accept().await {
        let connection = connections.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::spawn(serve(stream, connection, Arc::clone(&reply), sender.clone()));
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    reply: Replies,
    sender: mpsc::UnboundedSender<SeenRequest>,
) {
    let mut buffer = Vec::new();
    while let Some(seen) = read(&mut stream, &mut buffer, connection).await {
        let reply = reply(&seen);
        let _ = sender.send(seen);
        if send_reply(&mut stream, reply).await.is_none() {
            return;
        }
    }
}

/// Sends a reply. Returns `None` if the connection is closed after it.
async fn send_reply(stream: &mut TcpStream, reply: Reply) -> Option<()> {
    match reply {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await.ok(),
        Reply::Close(bytes) => {
            let _ = stream.write_all(&bytes).await;
            None
        }
        Reply::Drip(bytes) => drip(stream, &bytes).await,
        Reply::Endless(bytes) => loop {
            stream.write_all(&bytes).await.ok()?;
        },
        Reply::Silence => std::future::pending().await,
        Reply::Reset => {
            let _ = socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
            None
        }
        Reply::Held(send, bytes) => {
            send.notified().await;
            stream.write_all(&bytes).await.ok()
        }
    }
}

async fn drip(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    for byte in bytes.iter().chain(std::iter::repeat(&b' ')) {
        ticks.tick().await;
        stream.write_all(&[*byte]).await.ok()?;
    }
    None
}

async fn read(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    connection: usize,
) -> Option<SeenRequest> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        read_more(stream, buffer).await?;
    };
    let head: Vec<u8> = buffer.drain(..end).collect();
    let mut seen =
        SeenRequest { head: String::from_utf8(head).ok()?, body: Vec::new(), connection };
    let length = seen.headers("content-length").first().map_or(0, |n| n.parse().expect("a length"));
    while buffer.len() < length {
        read_more(stream, buffer).await?;
    }
    seen.body = buffer.drain(..length).collect();
    Some(seen)
}

async fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(buffer).await.ok()?;
    (read > 0).then_some(())
}
