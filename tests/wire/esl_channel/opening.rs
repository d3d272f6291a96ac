//! The first words, picking up, calls that are refused, switches that do not answer.

use std::time::Duration;

use dialscript::channel::{CallLimits, Channel, Exit, HandoverResult, Interruption, LineState};
use dialscript::esl::connection;
use tokio::io::{AsyncReadExt, BufReader, duplex};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::wire::esl_channel::switch::{CONNECTED, EslCall, FreeSwitch, UUID, call};

#[tokio::test(start_paused = true)]
async fn an_application_that_never_ends_times_out() {
    let EslCall { channel, mut switch, .. } = call().await;
    let calls = async {
        switch.starts("multiset", "").await;
        switch.0.read_to_end(&mut Vec::new()).await.unwrap();
    };
    let left = async {
        let started = Instant::now();
        let left = channel.hand_over(&[("A", "b".into())], &Exit::Continue).await;
        assert_eq!(left, HandoverResult::ConnectionLost);
        assert_eq!(started.elapsed().as_secs(), 7, "5 s for the hand-over and 2 s for the end");
    };
    tokio::join!(left, calls);
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_picked_up_once_and_only_where_that_is_allowed() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    assert_eq!(channel.pick_up(false).await, Ok(LineState::Ringing));
    let calls = async {
        assert_eq!(channel.pick_up(true).await, Ok(LineState::Up));
        assert_eq!(channel.pick_up(true).await, Ok(LineState::Up));
    };
    tokio::join!(calls, switch.runs("answer", ""));
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_is_connected_and_parked_before_it_is_released() {
    let (ours, theirs) = duplex(64 * 1024);
    let mut switch = FreeSwitch(BufReader::new(theirs));
    let calls = async {
        assert_eq!(switch.command().await, "connect\n");
        switch
            .says(&format!(
                "Event-Name: CHANNEL_DATA\nUnique-ID: {UUID}\n{CONNECTED}async\nControl: full\n\n"
            ))
            .await;
        switch.takes("filter").await;
        switch.takes("event plain").await;
        let uuid = switch.starts("eval", "").await;
        let early = timeout(Duration::from_millis(500), switch.command()).await;
        assert!(early.is_err(), "{early:?} was said before the call was in park");
        switch.ends(&uuid).await;
        switch.disconnects().await;
    };
    tokio::join!(connection::refuse(ours, Duration::from_secs(2)), calls);
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_without_async_is_released_without_resume() {
    let (ours, theirs) = duplex(64 * 1024);
    let mut switch = FreeSwitch(BufReader::new(theirs));
    let calls = async {
        assert_eq!(switch.command().await, "connect\n");
        let variable = "variable_socket_resume: true";
        let data = format!(
            "Event-Name: CHANNEL_DATA\nUnique-ID: {UUID}\n{variable}\n{CONNECTED}static\nControl: full\n\n"
        );
        switch.says(&data).await;
        switch.takes("filter").await;
        switch.takes("event plain").await;
        switch.runs("eval", "").await;
        switch.runs("unset", "execute-app-arg: socket_resume\n").await;
        switch.disconnects().await;
    };
    tokio::join!(connection::refuse(ours, Duration::from_secs(2)), calls);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_uuid_a_filter_would_misread_is_served_anyway() {
    for unique_id in ["a84b4c@10.0.0.5", "-a84b4c", ""] {
        let (ours, theirs) = duplex(64 * 1024);
        let mut switch = FreeSwitch(BufReader::new(theirs));
        let ends = Instant::now() + Duration::from_secs(60);
        let bounds = CallLimits { stop: CancellationToken::new(), ends_at: ends };
        let greeting = async {
            assert_eq!(switch.command().await, "connect\n");
            let id = unique_id.replace('@', "%40");
            let data = format!("Event-Name: CHANNEL_DATA\nUnique-ID: {id}\n");
            let rest = "Content-Type: command/reply\nSocket-Mode: async\nControl: full\n\n";
            switch.says(&(data + rest)).await;
            switch.takes("myevents").await;
        };
        let open = connection::open(ours, bounds, Duration::from_secs(5));
        assert!(tokio::join!(open, greeting).0.is_ok(), "{unique_id:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_does_not_read_times_out() {
    let (ours, _deaf) = duplex(4);
    let bounds = CallLimits { stop: CancellationToken::new(), ends_at: Instant::now() };
    let opened = connection::open(ours, bounds, Duration::from_secs(5)).await.map(drop);
    assert!(matches!(opened, Err(Interruption::ConnectionLost(_))));
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_sends_nothing_at_the_start_times_out() {
    let (ours, _theirs) = duplex(1024);
    let bounds = CallLimits { stop: CancellationToken::new(), ends_at: Instant::now() };
    let opened = connection::open(ours, bounds, Duration::from_secs(5)).await.map(drop);
    assert!(matches!(opened, Err(Interruption::ConnectionLost(_))));
}
