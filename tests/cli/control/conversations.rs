//! Peers over a real socket.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dialscript::control::client::{ControlClientError, send_request};
use dialscript::control::protocol::{ControlReply, ControlRequest, MAX_REQUEST_BYTES, PurgeTarget};
use dialscript::control::serve::serve;
use dialscript::control::socket::ControlSocket;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A daemon's control socket, which says of each request that it has thrown one more away.
struct ControlServer {
    _folder: TempDir,
    path: PathBuf,
    asked: Arc<AtomicUsize>,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

impl ControlServer {
    async fn start() -> Self {
        Self::that_answers(|asked| vec![ControlReply::Purged(asked)]).await
    }

    async fn that_answers(answers: fn(usize) -> Vec<ControlReply>) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("control.sock");
        let socket = ControlSocket::open(&path).await.unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let answer = move |_: ControlRequest| {
            let answers = answers(count.fetch_add(1, Ordering::Relaxed) + 1);
            async move { answers }
        };
        let stop = CancellationToken::new();
        let served = tokio::spawn(serve(socket, answer, stop.clone().cancelled_owned()));
        Self { _folder: folder, path, asked, stop, served }
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.path).await.unwrap()
    }

    /// What comes back for these bytes.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // It may close before it has read all.
        drop(stream.write_all(bytes).await);
        let mut reply = Vec::new();
        let read = timeout(Duration::from_secs(15), stream.read_to_end(&mut reply));
        drop(read.await.expect("it is closed"));
        String::from_utf8(reply).unwrap()
    }

    async fn still_answers(&self) {
        let before = self.asked.load(Ordering::Relaxed);
        let answered =
            send_request(&self.path, &ControlRequest::Purge(PurgeTarget::All)).await.unwrap();
        assert_eq!(answered, [ControlReply::Purged(before + 1)]);
    }
}

#[tokio::test]
async fn a_request_is_a_line_of_json_and_so_is_each_answer() {
    let daemon = ControlServer::start().await;
    assert_eq!(daemon.exchange(b"{\"purge\":\"all\"}\n").await, "{\"purged\":1}\n");
    assert_eq!(
        daemon.exchange(b"{\"purge\":{\"script\":\"a\"}}\nmore\n").await,
        "{\"purged\":2}\n"
    );
    assert_eq!(daemon.exchange(b"{\"list\":{\"script\":null}}\n").await, "{\"purged\":3}\n");
}

#[tokio::test]
async fn garbage_is_reported_so_and_changes_nothing() {
    let daemon = ControlServer::start().await;
    for garbage in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\xff\xfe\n", b"{\"purge\":\"alles\"}\n", b"\n"]
    {
        let reply = daemon.exchange(garbage).await;
        assert!(reply.starts_with("{\"fault\":\"invalid request: "), "{reply}");
    }
    assert_eq!(daemon.asked.load(Ordering::Relaxed), 0);
    daemon.still_answers().await;
}

#[tokio::test]
async fn a_line_without_end_is_broken_off() {
    let daemon = ControlServer::start().await;
    let reply = daemon.exchange(&vec![b'x'; 1 << 20]).await;
    assert_eq!(
        reply,
        format!("{{\"fault\":\"the request is longer than {MAX_REQUEST_BYTES} bytes\"}}\n")
    );
    daemon.still_answers().await;
}

/// In real time: the paused clock would run ahead of the sockets.
#[tokio::test]
async fn peers_that_say_nothing_give_their_places_back() {
    let daemon = ControlServer::start().await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(daemon.connect().await);
    }
    let began = Instant::now();
    daemon.still_answers().await;
    assert!(began.elapsed() > Duration::from_secs(3), "all places were taken");
    assert_eq!(silent[0].read(&mut [0]).await.unwrap(), 0, "it is closed");
}

#[tokio::test]
async fn a_peer_that_leaves_without_a_word_harms_nothing() {
    let daemon = ControlServer::start().await;
    for _ in 0..20 {
        drop(daemon.connect().await);
    }
    daemon.still_answers().await;
}

#[tokio::test]
async fn a_reader_who_does_not_read_holds_up_nobody_and_a_stop_ends_it() {
    let long = |_| vec![ControlReply::Error("x".repeat(1 << 20)); 8];
    let daemon = ControlServer::that_answers(long).await;
    let mut lazy = daemon.connect().await;
    lazy.write_all(b"{\"purge\":\"all\"}\n").await.unwrap();
    lazy.read_exact(&mut [0; 10]).await.unwrap();
    assert!(matches!(
        send_request(&daemon.path, &ControlRequest::Purge(PurgeTarget::All)).await,
        Err(ControlClientError::BadReply(_))
    ));
    daemon.stop.cancel();
    timeout(Duration::from_secs(5), daemon.served).await.expect("stops").unwrap();
    assert!(!daemon.path.exists());
    let mut rest = Vec::new();
    drop(lazy.read_to_end(&mut rest).await);
    assert!(rest.len() < 8 << 20);
}

#[tokio::test]
async fn more_than_can_be_asked_at_once_is_not_sent() {
    let daemon = ControlServer::start().await;
    let keys = vec!["0123456789ab".to_owned(); 2000];
    let asked = send_request(&daemon.path, &ControlRequest::Purge(PurgeTarget::Keys(keys))).await;
    assert!(matches!(asked, Err(ControlClientError::RequestTooLong)));
    assert_eq!(daemon.asked.load(Ordering::Relaxed), 0);
}
