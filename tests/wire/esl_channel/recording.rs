//! What a caller says, recorded.

use std::time::Duration;

use dialscript::channel::{
    AsrSource, Channel, Digits, Exit, HandoverResult, Interruption, SpeechOptions, SpeechResult,
};
use tokio::time::{Instant, sleep};

use crate::wire::esl_channel::switch::{EslCall, FreeSwitch, call, said};
use crate::wire::questions::four_digits;

const FILE: &str = "/r/1.wav";

fn listen(file: &str) -> SpeechOptions {
    SpeechOptions {
        source: AsrSource::Recording(file.into()),
        no_input_timeout: Duration::from_secs(5),
        end_silence: Duration::from_millis(1500),
        max_duration: Duration::from_secs(15),
        digits: None,
    }
}

fn or_keys() -> SpeechOptions {
    SpeechOptions { digits: Some(four_digits()), ..listen(FILE) }
}

/// FreeSWITCH reports whether it can write the file, or why it can not.
async fn opens(switch: &mut FreeSwitch, cause: &str) {
    switch.sets("record_fill_cng=true").await;
    switch.runs("unset", "record_completion_cause").await;
    let begun = switch.starts("record_session", "execute-app-arg: /r/1.wav\n").await;
    switch.completes(&begun, cause).await;
    switch.runs("stop_record_session", "execute-app-arg: /r/1.wav\n").await;
}

async fn begins(switch: &mut FreeSwitch) -> String {
    opens(switch, "").await;
    switch.sets("playback_terminators=none").await;
    switch.starts("record", "execute-app-arg: /r/1.wav 16 200 2\n").await
}

/// A recording that silence has ended.
async fn falls_silent(switch: &mut FreeSwitch, recording: &str, milliseconds: u32) {
    sleep(Duration::from_millis(milliseconds.into())).await;
    let ms = format!("variable_record_ms: {milliseconds}\n");
    let variables = format!("variable_silence_hits_exhausted: true\n{ms}");
    switch.completes(recording, &variables).await;
}

#[tokio::test(start_paused = true)]
async fn silence_is_recorded_again_until_the_start_timeout() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let mut recording = begins(&mut switch).await;
        for _ in 0..2 {
            falls_silent(&mut switch, &recording, 1980).await;
            recording = switch.starts("record", FILE).await;
        }
        falls_silent(&mut switch, &recording, 1980).await;
    };
    let listen = listen(FILE);
    let started = Instant::now();
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert_eq!(said, Ok(SpeechResult::NoInput));
    assert_eq!(started.elapsed().as_millis(), 3 * 1980);
}

#[tokio::test(start_paused = true)]
async fn speech_is_distinguished_from_silence_by_the_length_of_the_recording() {
    for (milliseconds, wanted) in [(2080, SpeechResult::NoInput), (2400, SpeechResult::Recorded)] {
        let EslCall { mut channel, mut switch, .. } = call().await;
        let calls = async {
            let recording = begins(&mut switch).await;
            falls_silent(&mut switch, &recording, milliseconds).await;
        };
        let listen = SpeechOptions { no_input_timeout: Duration::from_secs(1), ..listen(FILE) };
        let (heard, ()) = tokio::join!(said(&mut channel, &listen), calls);
        assert_eq!(heard, Ok(wanted), "{milliseconds} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn the_maximum_length_is_kept_exactly() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let recording = begins(&mut switch).await;
        switch.breaks().await;
        switch.completes(&recording, "variable_silence_hits_exhausted: false\n").await;
    };
    let listen = listen(FILE);
    let started = Instant::now();
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert_eq!(said, Ok(SpeechResult::Recorded));
    assert_eq!(started.elapsed(), Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_key_ends_the_recording_and_starts_digit_collection() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let recording = begins(&mut switch).await;
        switch.key('*').await;
        switch.key('4').await;
        switch.breaks().await;
        switch.key('7').await;
        switch.completes(&recording, "").await;
        switch.key('#').await;
    };
    let listen = or_keys();
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert!(
        matches!(&said, Ok(SpeechResult::Digits(Digits { digits, .. })) if digits == "47"),
        "{said:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_before_the_recording_has_begun_counts() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("record_fill_cng=true").await;
        switch.runs("unset", "record_completion_cause").await;
        let begun = switch.starts("record_session", FILE).await;
        switch.key('4').await;
        switch.completes(&begun, "").await;
        switch.runs("stop_record_session", FILE).await;
        switch.key('#').await;
    };
    let listen = or_keys();
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert!(
        matches!(&said, Ok(SpeechResult::Digits(Digits { digits, .. })) if digits == "4"),
        "{said:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn any_key_ends_the_utterance_if_keys_are_not_allowed() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let recording = begins(&mut switch).await;
        switch.key('*').await;
        switch.breaks().await;
        switch.completes(&recording, "").await;
    };
    let listen = listen(FILE);
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert_eq!(said, Ok(SpeechResult::Recorded));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_can_not_be_written_fails_the_recording_but_not_the_call() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = opens(&mut switch, "variable_record_completion_cause: uri-failure\n");
    let listen = listen(FILE);
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert!(matches!(said, Ok(SpeechResult::Failed(_))), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_stops_by_itself_is_an_error() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let recording = begins(&mut switch).await;
        let variables = "variable_silence_hits_exhausted: false\nvariable_record_ms: 20\n";
        switch.completes(&recording, variables).await;
    };
    let listen = listen(FILE);
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert!(matches!(said, Ok(SpeechResult::Failed(_))), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_while_the_caller_speaks_is_reported_as_a_hang_up() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        begins(&mut switch).await;
        switch.hangs_up().await;
    };
    let listen = or_keys();
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert_eq!(said, Err(Interruption::CallerHungUp { digits: String::new() }));
}

#[tokio::test(start_paused = true)]
async fn a_file_name_with_spaces_and_quotes_reaches_record_unchanged() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.sets("record_fill_cng=true;playback_terminators=none").await;
        let wanted = r"execute-app-arg: /a\\sb\\'c/1.wav 16 200 2";
        let recording = switch.starts("record", wanted).await;
        falls_silent(&mut switch, &recording, 4000).await;
    };
    let listen = listen("/a b'c/1.wav");
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert_eq!(said, Ok(SpeechResult::Recorded));
}

#[tokio::test(start_paused = true)]
async fn on_a_wideband_channel_the_silence_threshold_is_doubled() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        opens(&mut switch, "variable_read_rate: 16000\n").await;
        switch.sets("playback_terminators=none").await;
        let recording = switch.starts("record", "/r/1.wav 16 400 2\n").await;
        falls_silent(&mut switch, &recording, 4000).await;
    };
    let listen = listen(FILE);
    let (said, ()) = tokio::join!(said(&mut channel, &listen), calls);
    assert_eq!(said, Ok(SpeechResult::Recorded));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_while_a_caller_speaks_stops_the_recording_and_restores_variables() {
    let EslCall { mut channel, mut switch, stop } = call().await;
    let calls = async {
        let recording = begins(&mut switch).await;
        stop.cancel();
        switch.breaks().await;
        switch.completes_without_response(&recording).await;
        let before = "playback_terminators=;record_fill_cng=;dialscript_outcome=error";
        switch.sets(before).await;
        switch.disconnects().await;
    };
    let listened = async {
        let said = said(&mut channel, &listen(FILE)).await;
        assert_eq!(said, Err(Interruption::Shutdown));
        channel.hand_over(&[("DIALSCRIPT_OUTCOME", "error".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(listened, calls).0, HandoverResult::Completed);
}
