//! Buffers, and commands whose sending was interrupted.

#![allow(clippy::unwrap_used)]

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::EslTransport;
use crate::esl::command::EslCommand;

const REPLY: &[u8] = b"Content-Type: command/reply\nReply-Text: +OK\n\n";

#[tokio::test]
async fn an_idle_connection_has_no_buffer() {
    let (ours, mut switch) = duplex(64);
    let mut transport = EslTransport::new(ours);
    let buffers = |transport: &EslTransport<_>| {
        transport.framed.read_buffer().capacity() + transport.unsent.capacity()
    };
    for _ in 0..2 {
        assert!(transport.next().now_or_never().is_none());
        assert_eq!(buffers(&transport), 0);
        transport.feed(&EslCommand::exit());
        transport.flush().await.unwrap();
        switch.write_all(REPLY).await.unwrap();
        assert!(transport.next().await.unwrap().is_ok());
    }
    switch.write_all(&REPLY[..9]).await.unwrap();
    assert!(transport.next().now_or_never().is_none());
    assert!(buffers(&transport) > 0);
    switch.write_all(&REPLY[9..]).await.unwrap();
    assert!(transport.next().await.unwrap().is_ok());
    drop(switch);
    assert!(transport.next().await.is_none());
}

#[tokio::test]
async fn commands_are_sent_whole_and_in_order_if_a_flush_is_dropped() {
    let (ours, mut switch) = duplex(10);
    let mut transport = EslTransport::new(ours);
    transport.feed(&EslCommand::connect());
    transport.feed(&EslCommand::my_events());
    assert!(transport.flush().now_or_never().is_none());
    transport.feed(&EslCommand::exit());
    let mut sent = [0; 25];
    let (flushed, read) = tokio::join!(transport.flush(), switch.read_exact(&mut sent));
    assert!(flushed.is_ok() && read.is_ok());
    assert_eq!(&sent, b"connect\n\nmyevents\n\nexit\n\n");
}
