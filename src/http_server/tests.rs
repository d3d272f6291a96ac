#![allow(clippy::unwrap_used)]

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::{Duration, Instant, sleep};

use super::watched_stream::WatchedStream;
use crate::listener::ConnectionProgress;

#[tokio::test(start_paused = true)]
async fn a_write_fails_when_the_peer_does_not_read_for_ten_seconds() {
    let (stream, mut peer) = duplex(4);
    let mut stream = WatchedStream::new(stream, ConnectionProgress::new());
    sleep(Duration::from_secs(60)).await;
    let writing = tokio::spawn(async move {
        let started_at = Instant::now();
        (stream.write_all(b"0123456789ab").await, started_at.elapsed().as_secs())
    });
    sleep(Duration::from_secs(7)).await;
    peer.read_exact(&mut [0; 4]).await.unwrap();
    let (result, seconds) = writing.await.unwrap();
    assert_eq!((result.unwrap_err().kind(), seconds), (io::ErrorKind::TimedOut, 17));
}
