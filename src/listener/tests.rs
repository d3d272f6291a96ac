#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::pending;
use std::io;

use tokio::sync::{Mutex, mpsc};
use tokio::time::{Duration, Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{Acceptor, ConnectionHandler, ConnectionLimit, ConnectionPermit, Refusal};
use super::{accept_connections, serve_connections};

/// A listener whose connections are numbers. Numbers over 9 may not connect.
struct FakeListener {
    connections: mpsc::UnboundedSender<io::Result<u8>>,
    backlog: Mutex<mpsc::UnboundedReceiver<io::Result<u8>>>,
}

impl FakeListener {
    /// A listener with these results of `accept` in its backlog.
    fn new(results: impl IntoIterator<Item = io::Result<u8>>) -> Self {
        let (connections, backlog) = mpsc::unbounded_channel();
        results.into_iter().for_each(|result| connections.send(result).unwrap());
        Self { connections, backlog: Mutex::new(backlog) }
    }
}

impl Acceptor for FakeListener {
    type Stream = u8;
    type Peer = u8;
    const ACCESS_RULE: &'static str = "the number is over 9";

    fn name(&self) -> &'static str {
        "[fake]"
    }

    async fn accept(&self) -> io::Result<(u8, u8)> {
        let number = self.backlog.lock().await.recv().await.unwrap()?;
        Ok((number, number))
    }

    fn allows(&self, peer: &u8) -> bool {
        *peer <= 9
    }
}

/// Keeps all served connections open, and records the refused ones.
#[derive(Default)]
struct Recorder {
    served: Vec<(u8, ConnectionPermit)>,
    refused: Vec<(u8, Refusal)>,
}

impl Recorder {
    fn served(&self) -> Vec<u8> {
        self.served.iter().map(|(number, _)| *number).collect()
    }
}

impl ConnectionHandler<FakeListener> for Recorder {
    fn serve(&mut self, stream: u8, _: u8, permit: ConnectionPermit) {
        self.served.push((stream, permit));
    }

    fn refuse(&mut self, stream: u8, refusal: Refusal) {
        self.refused.push((stream, refusal));
    }
}

/// Accepts all connections in the backlog. The time is paused, so the 60 seconds pass when nothing is left to do.
async fn accept_until_idle(listener: &FakeListener, limit: &ConnectionLimit) -> Recorder {
    let mut recorder = Recorder::default();
    let accepting = accept_connections(listener, limit, &mut recorder, pending());
    assert!(timeout(Duration::from_secs(60), accepting).await.is_err());
    recorder
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_may_not_connect_is_refused_and_takes_no_permit() {
    let listener = FakeListener::new([Ok(10), Ok(1)]);
    let limit = ConnectionLimit::refusing(1, "max_calls");
    let recorder = accept_until_idle(&listener, &limit).await;
    assert_eq!(recorder.served(), [1]);
    assert_eq!(recorder.refused, [(10, Refusal::NotAllowed("the number is over 9"))]);
}

#[tokio::test(start_paused = true)]
async fn a_refusing_limit_accepts_connections_over_it_and_refuses_them() {
    let listener = FakeListener::new([Ok(1), Ok(2), Ok(3)]);
    let limit = ConnectionLimit::refusing(2, "max_calls");
    let recorder = accept_until_idle(&listener, &limit).await;
    assert_eq!((recorder.served(), limit.in_use()), (vec![1, 2], 2));
    assert_eq!(recorder.refused, [(3, Refusal::LimitReached("max_calls"))]);
    drop(recorder);
    assert_eq!(limit.in_use(), 0);
}

#[tokio::test(start_paused = true)]
async fn connections_over_a_waiting_limit_stay_in_the_backlog() {
    let listener = FakeListener::new([Ok(1), Ok(2)]);
    let limit = ConnectionLimit::waiting(1);
    let recorder = accept_until_idle(&listener, &limit).await;
    assert_eq!((recorder.served(), recorder.refused.len()), (vec![1], 0));
    drop(recorder);
    assert_eq!(accept_until_idle(&listener, &limit).await.served(), [2]);
}

#[tokio::test(start_paused = true)]
async fn failed_accepts_are_tried_again_after_pauses_that_grow_to_a_second() {
    let failure = || Err(io::Error::other("too many open files"));
    let listener = FakeListener::new((0..9).map(|_| failure()).chain([Ok(1)]));
    let started_at = Instant::now();
    let (limit, stop) = (ConnectionLimit::waiting(1), CancellationToken::new());
    let stopped = stop.clone();
    let serve = move |_, _| {
        stopped.cancel();
        async {}
    };
    serve_connections(&listener, limit, serve, stop.cancelled()).await;
    // 10 + 20 + 40 + 80 + 160 + 320 + 640 + 1000 + 1000 milliseconds.
    assert_eq!(started_at.elapsed().as_millis(), 3270);
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_a_refusing_limit_refuses_what_is_in_the_backlog() {
    let listener = FakeListener::new([Ok(1)]);
    let mut recorder = Recorder::default();
    // `1` is accepted before or after the stop, `2` after it.
    let stop = async { listener.connections.send(Ok(2)).unwrap() };
    let limit = ConnectionLimit::refusing(0, "max_calls");
    accept_connections(&listener, &limit, &mut recorder, stop).await;
    assert_eq!(recorder.served(), Vec::<u8>::new());
    assert_eq!(recorder.refused.last(), Some(&(2, Refusal::Stopping)));
    assert_eq!(recorder.refused.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_a_waiting_limit_accepts_nothing_from_the_backlog() {
    let listener = FakeListener::new([Ok(1)]);
    let mut recorder = Recorder::default();
    let limit = ConnectionLimit::waiting(0);
    accept_connections(&listener, &limit, &mut recorder, std::future::ready(())).await;
    assert!(recorder.served.is_empty() && recorder.refused.is_empty());
}
