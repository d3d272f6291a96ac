//! Requests over a real socket.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dialscript::control::client::{ControlClientError, send_request};
use dialscript::control::protocol::{
    ControlReply, ControlRequest, MAX_REQUEST_BYTES, PurgeTarget, ScriptCachePolicy,
};
use dialscript::control::serve::serve;
use dialscript::control::socket::ControlSocket;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A control socket. By default, the reply to each request is `purged` with the number of requests so far.
struct ControlServer {
    _folder: TempDir,
    path: PathBuf,
    request_count: Arc<AtomicUsize>,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

impl ControlServer {
    async fn start() -> Self {
        Self::with_replies(|request_count| vec![ControlReply::Purged(request_count)]).await
    }

    /// `replies` makes the replies from the number of requests so far.
    async fn with_replies(replies: fn(usize) -> Vec<ControlReply>) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("control.sock");
        let socket = ControlSocket::open(&path).await.unwrap();
        let request_count = Arc::new(AtomicUsize::new(0));
        let count = request_count.clone();
        let answer = move |_: ControlRequest| {
            let replies = replies(count.fetch_add(1, Ordering::Relaxed) + 1);
            async move { replies }
        };
        let stop = CancellationToken::new();
        let served = tokio::spawn(serve(socket, answer, stop.clone().cancelled_owned()));
        Self { _folder: folder, path, request_count, stop, served }
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.path).await.unwrap()
    }

    /// Sends these bytes and returns the reply.
    async fn reply_to(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // Fails if the server closes the connection before it has read all bytes.
        drop(stream.write_all(bytes).await);
        let mut reply = Vec::new();
        let read = timeout(Duration::from_secs(15), stream.read_to_end(&mut reply));
        drop(read.await.expect("it is closed"));
        String::from_utf8(reply).unwrap()
    }

    /// Checks that the server still replies to a request.
    async fn assert_replies(&self) {
        let before = self.request_count.load(Ordering::Relaxed);
        let answered =
            send_request(&self.path, &ControlRequest::Purge(PurgeTarget::All)).await.unwrap();
        assert_eq!(answered, [ControlReply::Purged(before + 1)]);
    }
}

#[tokio::test]
async fn requests_and_replies_are_lines_of_json() {
    let daemon = ControlServer::start().await;
    assert_eq!(daemon.reply_to(b"{\"purge\":\"all\"}\n").await, "{\"purged\":1}\n");
    assert_eq!(
        daemon.reply_to(b"{\"purge\":{\"script\":\"a\"}}\nmore\n").await,
        "{\"purged\":2}\n"
    );
    assert_eq!(daemon.reply_to(b"{\"list\":{\"script\":null}}\n").await, "{\"purged\":3}\n");
}

#[tokio::test]
async fn an_invalid_request_is_an_error_and_changes_nothing() {
    let daemon = ControlServer::start().await;
    for garbage in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\xff\xfe\n", b"{\"purge\":\"alles\"}\n", b"\n"]
    {
        let reply = daemon.reply_to(garbage).await;
        assert!(reply.starts_with("{\"fault\":\"invalid request: "), "{reply}");
    }
    assert_eq!(daemon.request_count.load(Ordering::Relaxed), 0);
    daemon.assert_replies().await;
}

#[tokio::test]
async fn a_request_that_is_too_long_is_refused() {
    let daemon = ControlServer::start().await;
    let reply = daemon.reply_to(&vec![b'x'; 1 << 20]).await;
    assert_eq!(
        reply,
        format!("{{\"fault\":\"the request is longer than {MAX_REQUEST_BYTES} bytes\"}}\n")
    );
    daemon.assert_replies().await;
}

/// Runs in real time: with the paused clock of tokio, timeouts would end before data arrives on the sockets.
#[tokio::test]
async fn a_silent_peer_is_disconnected_after_a_timeout() {
    let daemon = ControlServer::start().await;
    let mut silent = daemon.connect().await;
    let began = Instant::now();
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0, "it is closed");
    assert!(began.elapsed() > Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn three_hundred_silent_peers_keep_nobody_out() {
    let daemon = ControlServer::start().await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(daemon.connect().await);
    }
    daemon.assert_replies().await;
    assert_eq!(silent[0].read(&mut [0]).await.unwrap(), 0, "it was closed to make room");
}

#[tokio::test]
async fn peers_that_do_not_read_their_replies_keep_nobody_out() {
    let long = |count| match count {
        ..=50 => vec![ControlReply::Error("x".repeat(1 << 20)); 2],
        _ => vec![ControlReply::Purged(count)],
    };
    let daemon = ControlServer::with_replies(long).await;
    let mut lazy = Vec::new();
    for _ in 0..50 {
        let mut stream = daemon.connect().await;
        stream.write_all(b"{\"purge\":\"all\"}\n").await.unwrap();
        stream.read_exact(&mut [0; 10]).await.unwrap();
        lazy.push(stream);
    }
    daemon.assert_replies().await;
}

#[tokio::test]
async fn a_peer_that_closes_without_a_request_has_no_effect() {
    let daemon = ControlServer::start().await;
    for _ in 0..20 {
        drop(daemon.connect().await);
    }
    daemon.assert_replies().await;
}

#[tokio::test]
async fn a_peer_that_does_not_read_blocks_neither_other_peers_nor_the_stop() {
    let long = |_| vec![ControlReply::Error("x".repeat(1 << 20)); 8];
    let daemon = ControlServer::with_replies(long).await;
    let mut slow_reader = daemon.connect().await;
    slow_reader.write_all(b"{\"purge\":\"all\"}\n").await.unwrap();
    slow_reader.read_exact(&mut [0; 10]).await.unwrap();
    assert!(matches!(
        send_request(&daemon.path, &ControlRequest::Purge(PurgeTarget::All)).await,
        Err(ControlClientError::BadReply(_))
    ));
    daemon.stop.cancel();
    timeout(Duration::from_secs(5), daemon.served).await.expect("stops").unwrap();
    assert!(!daemon.path.exists());
    let mut rest = Vec::new();
    drop(slow_reader.read_to_end(&mut rest).await);
    assert!(rest.len() < 8 << 20);
}

/// The clock stands still but for waits, so these take no time.
#[tokio::test(start_paused = true)]
async fn a_daemon_that_hangs_is_not_waited_for_long() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    let _silent = tokio::net::UnixListener::bind(&path).unwrap();
    let within = |error: ControlClientError| error.to_string();
    let status = send_request(&path, &ControlRequest::Status {}).await;
    let expected =
        "the daemon does not answer within 10 s: see its log, and restart it if it hangs";
    assert_eq!(status.map_err(within).unwrap_err(), expected);
    let reload = send_request(&path, &ControlRequest::Reload {}).await;
    assert!(matches!(reload, Err(ControlClientError::NoReply(limit)) if limit.as_secs() == 45));
}

#[tokio::test]
async fn the_client_does_not_send_a_request_that_is_too_long() {
    let daemon = ControlServer::start().await;
    let keys = vec!["0123456789ab".to_owned(); 2000];
    let result = send_request(&daemon.path, &ControlRequest::Purge(PurgeTarget::Keys(keys))).await;
    assert!(matches!(result, Err(ControlClientError::RequestTooLong)));
    assert_eq!(daemon.request_count.load(Ordering::Relaxed), 0);
}

#[test]
fn the_log_shows_a_request_in_the_words_of_the_command_line() {
    let purge = |target| ControlRequest::Purge(target).to_string();
    assert_eq!(ControlRequest::List { script: None }.to_string(), "list");
    assert_eq!(ControlRequest::List { script: Some("a".into()) }.to_string(), "list --script a");
    assert_eq!(ControlRequest::Explain { what: "a".into() }.to_string(), "explain a");
    assert_eq!(purge(PurgeTarget::All), "purge --all");
    assert_eq!(purge(PurgeTarget::Script("a".into())), "purge --script a");
    assert_eq!(purge(PurgeTarget::Keys(vec!["0a".into(), "0b".into()])), "purge 0a 0b");
}

/// Programs read this JSON: `dialscript cache list --json`.
#[test]
fn the_json_names_of_replies_are_stable() {
    for line in [
        r#"{"kept":{"key":"00","script":"a","request":"GET /","status":200,"age_ms":1,"bytes":2,"ahead":[{"serves":"fresh","until_ms":3},{"serves":"last_resort","until_ms":4}]}}"#,
        r#"{"sum":{"entries":1,"bytes":2,"max_entries":3,"max_bytes":4,"left_off":5}}"#,
        r#"{"script":{"script":"a","keeps":{"answers":{"fresh_ms":1,"stale_ms":2,"stale_if_error_ms":3,"by":["{caller}"]}},"tally":{"hits":1,"stale":2,"misses":3,"joined":4,"kept":5,"unhandled":6,"failed":7},"upstreams":[{"name":"a.example","breaker":"half_open","under_way":1,"answered":2,"failed":3,"refused":4}]}}"#,
        r#"{"script":{"script":"a","keeps":"asks_nobody","tally":{"hits":0,"stale":0,"misses":0,"joined":0,"kept":0,"unhandled":0,"failed":0},"upstreams":[]}}"#,
        r#"{"purged":1}"#,
        r#"{"shared":null}"#,
        r#"{"fault":"no script"}"#,
    ] {
        let reply: ControlReply = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&reply).unwrap(), line);
    }
    for policy in [r#""background""#, r#""nothing""#] {
        let read: ScriptCachePolicy = serde_json::from_str(policy).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), policy);
    }
}
