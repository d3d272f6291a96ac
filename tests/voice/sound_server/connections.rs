//! Who may connect, how many, and for how long.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::setup::SoundServerSetup;
use crate::support::wait::until_async;

async fn read_until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset also counts as closed.
    drop(stream.read_to_end(&mut bytes).await);
    bytes
}

#[tokio::test]
async fn peers_outside_the_allowed_networks_are_closed_without_a_reply() {
    let setup = SoundServerSetup::open_for(&["10.0.0.0/8"]).await;
    let target = setup.served_file("sounds/hello.wav", "the sound");
    let mut stream = TcpStream::connect(setup.address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
    drop(stream.write_all(request.as_bytes()).await);
    assert!(read_until_closed(&mut stream).await.is_empty());
}

#[tokio::test]
async fn a_connection_serves_several_requests() {
    let setup = SoundServerSetup::open().await;
    let target = setup.served_file("sounds/hello.wav", "the sound");
    let mut stream = TcpStream::connect(setup.address).await.unwrap();
    for _ in 0..3 {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        while !reply.ends_with(b"the sound") {
            assert_ne!(stream.read_buf(&mut reply).await.unwrap(), 0);
        }
        assert!(reply.starts_with(b"HTTP/1.1 200"));
    }
}

/// In real time, since a paused clock would run ahead of the sockets.
#[tokio::test]
async fn a_peer_that_sends_no_complete_request_is_closed() {
    let setup = SoundServerSetup::open().await;
    let mut silent = TcpStream::connect(setup.address).await.unwrap();
    let mut slow = TcpStream::connect(setup.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Drip: ").await.unwrap();
    let began = Instant::now();
    let drips = async {
        while slow.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (silent, _) = timeout(Duration::from_secs(15), async {
        tokio::join!(read_until_closed(&mut silent), drips)
    })
    .await
    .expect("both are closed");
    assert!(silent.is_empty());
    assert!(began.elapsed() > Duration::from_secs(3), "people with bad lines have some time");
}

#[tokio::test]
async fn an_endless_request_is_aborted() {
    let setup = SoundServerSetup::open().await;
    let mut stream = TcpStream::connect(setup.address).await.unwrap();
    let mut sent = 0;
    drop(stream.write_all(b"GET / HTTP/1.1\r\nX: ").await);
    while stream.write_all(&[b'x'; 4096]).await.is_ok() {
        sent += 4096;
        assert!(sent < 64 << 20, "nobody ends it");
    }
    let mut long = TcpStream::connect(setup.address).await.unwrap();
    let target = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(100_000));
    drop(long.write_all(target.as_bytes()).await);
    assert!(!read_until_closed(&mut long).await.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn idle_connections_and_clients_that_do_not_read_keep_nobody_out() {
    let setup = SoundServerSetup::open().await;
    let (short, long) = (
        setup.served_file("sounds/hello.wav", "the sound"),
        setup.served_file("cache/long.wav", vec![1; 32 << 20]),
    );
    let mut held = Vec::new();
    for number in 0..300 {
        let mut stream = TcpStream::connect(setup.address).await.unwrap();
        let target = if number % 2 == 0 { &short } else { &long };
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_exact(&mut [0; 12]).await.unwrap();
        held.push(stream);
    }
    assert_eq!(setup.get(&short).await.status, 200);
    assert!(read_until_closed(&mut held[1]).await.len() < 32 << 20, "it was closed to make room");
}

#[tokio::test]
async fn a_client_that_stops_reading_blocks_no_other_and_outlives_only_the_listener() {
    let setup = SoundServerSetup::open().await;
    let long = setup.served_file("cache/long.wav", vec![1; 32 << 20]);
    let mut lazy = TcpStream::connect(setup.address).await.unwrap();
    let request = format!("GET {long} HTTP/1.1\r\nHost: a\r\n\r\n");
    lazy.write_all(request.as_bytes()).await.unwrap();
    let mut beginning = [0; 12];
    lazy.read_exact(&mut beginning).await.unwrap();
    let short = setup.served_file("sounds/hello.wav", "the sound");
    assert_eq!(setup.get(&short).await.status, 200);
    setup.stop.cancel();
    let address = setup.address;
    until_async(
        "the listener to close",
        || async move { TcpStream::connect(address).await.is_err() },
    )
    .await;
    assert!(!setup.served.is_finished());
    setup.served.abort();
    assert!(read_until_closed(&mut lazy).await.len() < 32 << 20);
}
