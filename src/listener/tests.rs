#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::pending;
use std::io;

use tokio::sync::{Mutex, mpsc};
use tokio::time::{Duration, Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Acceptor, BacklogAtStop, ConnectionHandler, ConnectionLimit, ConnectionPermit,
    ConnectionProgress, Refusal,
};
use super::{accept_connections, serve_connections};

/// A listener whose connections are numbers. Their tens are the peer. The peer 9 may not connect.
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
    const ACCESS_RULE: &'static str = "the peer is 9";

    fn name(&self) -> &'static str {
        "[fake]"
    }

    async fn accept(&self) -> io::Result<(u8, u8)> {
        let number = self.backlog.lock().await.recv().await.unwrap()?;
        Ok((number, number / 10))
    }

    fn allows(&self, peer: &u8) -> bool {
        *peer != 9
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
    let listener = FakeListener::new([Ok(90), Ok(1)]);
    let limit = ConnectionLimit::refusing(1, "max_calls");
    let recorder = accept_until_idle(&listener, &limit).await;
    assert_eq!(recorder.served(), [1]);
    assert_eq!(recorder.refused, [(90, Refusal::NotAllowed("the peer is 9"))]);
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

/// Serves connections that never end, until nothing happens for a while. Returns those that were closed, in order.
/// `serve` may report the progress of a connection before that.
async fn closed_connections(
    numbers: impl IntoIterator<Item = u8>,
    max: usize,
    serve: impl Fn(u8, &ConnectionProgress) + Send + Sync + Clone + 'static,
) -> Vec<u8> {
    struct Closed(u8, mpsc::UnboundedSender<u8>);
    impl Drop for Closed {
        fn drop(&mut self) {
            let _ = self.1.send(self.0);
        }
    }
    let listener = FakeListener::new(numbers.into_iter().map(Ok));
    let (closed, mut all_closed) = mpsc::unbounded_channel();
    let serve = move |number, _, progress| {
        let (serve, guard) = (serve.clone(), Closed(number, closed.clone()));
        async move {
            serve(number, &progress);
            pending::<()>().await;
            drop(guard);
        }
    };
    let stop = tokio::time::sleep(Duration::from_secs(60));
    let mut seen = Vec::new();
    let watch = async {
        while let Some(number) = all_closed.recv().await {
            seen.push(number);
        }
    };
    tokio::select! {
        () = serve_connections(listener, max, serve, pending()) => {}
        () = watch => {}
        () = stop => {}
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn the_longest_idle_connection_is_closed_to_make_room_for_a_new_one() {
    assert_eq!(closed_connections(1..=5, 5, |_, _| {}).await, [1_u8; 0]);
    assert_eq!(closed_connections(1..=7, 3, |_, _| {}).await, [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_with_many_connections_closes_its_own_ones() {
    assert_eq!(closed_connections([10, 20, 21, 22, 23, 30], 3, |_, _| {}).await, [20, 21, 22]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_peer_waits_for_the_daemon_is_not_closed() {
    let serve = |number, progress: &ConnectionProgress| {
        if number == 1 {
            progress.peer_waits();
        }
    };
    assert_eq!(closed_connections(1..=4, 2, serve).await, [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn each_new_connection_has_some_time_before_it_can_be_closed() {
    let listener = FakeListener::new((1..=3).map(Ok));
    let (served, mut all_served) = mpsc::unbounded_channel();
    let serve = move |number, _, _| {
        served.send((number, Instant::now())).unwrap();
        pending()
    };
    let started_at = Instant::now();
    let served_all =
        async { while all_served.recv().await.is_some_and(|(number, _)| number < 3) {} };
    tokio::select! {
        () = serve_connections(listener, 1, serve, pending()) => {}
        () = served_all => {}
    }
    assert!(started_at.elapsed() >= Duration::from_millis(200), "{:?}", started_at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn failed_accepts_are_tried_again_after_pauses_that_grow_to_a_second() {
    let failure = || Err(io::Error::other("too many open files"));
    let listener = FakeListener::new((0..9).map(|_| failure()).chain([Ok(1)]));
    let started_at = Instant::now();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let serve = move |_, _, _| {
        stopped.cancel();
        async {}
    };
    serve_connections(listener, 1, serve, stop.cancelled()).await;
    // 10 + 20 + 40 + 80 + 160 + 320 + 640 + 1000 + 1000 milliseconds.
    assert_eq!(started_at.elapsed().as_millis(), 3270);
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_what_is_in_the_backlog_is_refused() {
    let listener = FakeListener::new([Ok(1)]);
    let mut recorder = Recorder::default();
    // `1` is accepted before or after the stop, `2` after it.
    let stop = async {
        listener.connections.send(Ok(2)).unwrap();
        BacklogAtStop::Refuse
    };
    let limit = ConnectionLimit::refusing(0, "max_calls");
    accept_connections(&listener, &limit, &mut recorder, stop).await;
    assert_eq!(recorder.served(), Vec::<u8>::new());
    assert_eq!(recorder.refused.last(), Some(&(2, Refusal::Stopping)));
    assert_eq!(recorder.refused.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_the_backlog_can_be_left_to_the_next_process() {
    let listener = FakeListener::new([]);
    let mut recorder = Recorder::default();
    let stop = async {
        listener.connections.send(Ok(1)).unwrap();
        BacklogAtStop::Leave
    };
    let limit = ConnectionLimit::refusing(9, "max_calls");
    accept_connections(&listener, &limit, &mut recorder, stop).await;
    assert_eq!((recorder.served(), recorder.refused), (vec![], vec![]));
    assert_eq!(listener.accept().await.unwrap().0, 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_the_open_connections_go_on_until_they_end() {
    let listener = FakeListener::new([Ok(1)]);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let serve = move |_, _, _| {
        stopped.cancel();
        tokio::time::sleep(Duration::from_secs(7))
    };
    let started_at = Instant::now();
    serve_connections(listener, 1, serve, stop.cancelled()).await;
    assert_eq!(started_at.elapsed().as_secs(), 7);
}
