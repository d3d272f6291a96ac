//! A connection between two hosts that are far from each other.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

const BUFFER_BYTES: usize = 64 * 1024;

/// Both ends of a connection on which everything, also the end of the connection, arrives after `one_way`.
pub(super) fn distant_link(one_way: Duration) -> (DuplexStream, DuplexStream) {
    let (daemon, daemon_side) = duplex(BUFFER_BYTES);
    let (switch, switch_side) = duplex(BUFFER_BYTES);
    let (from_daemon, to_daemon) = split(daemon_side);
    let (from_switch, to_switch) = split(switch_side);
    tokio::spawn(carry(from_daemon, to_switch, one_way));
    tokio::spawn(carry(from_switch, to_daemon, one_way));
    (daemon, switch)
}

async fn carry(
    mut from: ReadHalf<DuplexStream>,
    mut to: WriteHalf<DuplexStream>,
    one_way: Duration,
) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let reads = async move {
        let mut buffer = vec![0; BUFFER_BYTES];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            sender.send((Instant::now() + one_way, buffer[..length].to_vec())).unwrap();
        }
        sender.send((Instant::now() + one_way, Vec::new())).unwrap();
    };
    let writes = async move {
        while let Some((arrives_at, bytes)) = receiver.recv().await {
            sleep_until(arrives_at).await;
            // One end may have left already.
            drop(match bytes.is_empty() {
                true => to.shutdown().await,
                false => to.write_all(&bytes).await,
            });
        }
    };
    tokio::join!(reads, writes);
}
