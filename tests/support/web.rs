//! A stand-in web server that does whatever a bad one does: raw TCP, one reply for each request as the test says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

pub(crate) mod tls;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The first line, and the headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Which connection it came by, from 1.
    pub(crate) connection: usize,
}

impl Seen {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().expect("a line")
    }

    pub(crate) fn path(&self) -> &str {
        self.line().split(' ').nth(1).expect("a path")
    }

    /// All values of a header, in their order.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }
}

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, and the connection stays.
    Bytes(Vec<u8>),
    /// These bytes, and the end of the connection.
    Close(Vec<u8>),
    /// These bytes and then blanks for ever, one every few milliseconds.
    Drip(Vec<u8>),
    /// Nothing, for ever.
    Silence,
    /// A TCP reset.
    Reset,
    /// These bytes once the test gives leave.
    Held(Arc<Notify>, Vec<u8>),
}

impl Reply {
    /// A complete reply of a status and a type.
    pub(crate) fn of(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        Self::with(status, &format!("Content-Type: {content_type}\r\n"), body)
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::of(200, "application/json", body)
    }

    /// A complete reply with headers, each ending its line.
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

    pub(crate) fn held(self, leave: &Arc<Notify>) -> Self {
        Self::Held(Arc::clone(leave), self.bytes())
    }
}

/// The server; its requests are waited for one by one.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
    seen: mpsc::UnboundedReceiver<Seen>,
}

impl Web {
    pub(crate) async fn start(reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
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
    pub(crate) async fn next(&mut self) -> Seen {
        let seen = tokio::time::timeout(Duration::from_secs(5), self.seen.recv()).await;
        seen.expect("a request within 5 s").expect("the server lives")
    }

    /// How many requests have come that the test did not wait for.
    pub(crate) fn unseen(&mut self) -> usize {
        std::iter::from_fn(|| self.seen.try_recv().ok()).count()
    }
}

type Replies = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

async fn accept(listener: TcpListener, reply: Replies, sender: mpsc::UnboundedSender<Seen>) {
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
    sender: mpsc::UnboundedSender<Seen>,
) {
    let mut buffer = Vec::new();
    while let Some(seen) = read(&mut stream, &mut buffer, connection).await {
        let reply = reply(&seen);
        let _ = sender.send(seen);
        if answer(&mut stream, reply).await.is_none() {
            return;
        }
    }
}

/// Whether the connection stays.
async fn answer(stream: &mut TcpStream, reply: Reply) -> Option<()> {
    match reply {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await.ok(),
        Reply::Close(bytes) => {
            let _ = stream.write_all(&bytes).await;
            None
        }
        Reply::Drip(bytes) => drip(stream, &bytes).await,
        Reply::Silence => std::future::pending().await,
        Reply::Reset => {
            let _ = socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
            None
        }
        Reply::Held(leave, bytes) => {
            leave.notified().await;
            stream.write_all(&bytes).await.ok()
        }
    }
}

async fn drip(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    let mut every = tokio::time::interval(Duration::from_millis(5));
    for byte in bytes.iter().chain(std::iter::repeat(&b' ')) {
        every.tick().await;
        stream.write_all(&[*byte]).await.ok()?;
    }
    None
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>, connection: usize) -> Option<Seen> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, buffer).await?;
    };
    let head: Vec<u8> = buffer.drain(..end).collect();
    let mut seen = Seen { head: String::from_utf8(head).ok()?, body: Vec::new(), connection };
    let length = seen.headers("content-length").first().map_or(0, |n| n.parse().expect("a length"));
    while buffer.len() < length {
        more(stream, buffer).await?;
    }
    seen.body = buffer.drain(..length).collect();
    Some(seen)
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(buffer).await.ok()?;
    (read > 0).then_some(())
}
