//! Variables, and the hand-over.

use dialscript::channel::{
    Channel, Destination, DestinationCheck, Exit, HandoverResult, HangupCause, Interruption,
    TypeAhead,
};

use crate::wire::esl_channel::switch::{EslCall, call, call_with};
use crate::wire::questions::{ask, four_digits, sounds};

#[tokio::test(start_paused = true)]
async fn a_shutdown_interrupts_a_prompt_and_hands_the_call_over_with_its_variables() {
    let EslCall { mut channel, mut switch, stop } = call().await;
    let calls = async {
        switch.runs("set", "playback_terminators=none").await;
        let sound = switch.starts("playback", "/s/welcome.wav").await;
        stop.cancel();
        switch.runs("break", "").await;
        switch.ends(&sound).await;
        switch.runs("multiset", "dialscript_outcome=error").await;
        switch.disconnects().await;
    };
    let played = async {
        let played = channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await;
        assert_eq!(played, Err(Interruption::Shutdown));
        channel.hand_over(&[("DIALSCRIPT_OUTCOME", "error".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(played, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_made_without_resume_and_with_socket_resume_switched_off() {
    let variables = "variable_socket_resume: true\nvariable_playback_terminators: %23\n";
    let EslCall { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        let set = switch.starts("multiset", "^^;").await;
        switch.ends(&set).await;
        switch.runs("transfer", "9100 XML shipping").await;
        switch.disconnects().await;
    };
    let context = Some("shipping".to_owned());
    let to = Destination { extension: "9100".into(), context, priority: None };
    let left = async {
        assert_eq!(channel.check_destination(&to).await, Ok(DestinationCheck::Unknown));
        channel.hand_over(&[], &Exit::Goto(to)).await
    };
    assert_eq!(tokio::join!(left, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn variables_changed_for_the_call_are_restored_and_the_outcome_is_set_last() {
    let variables = "variable_playback_terminators: %23\n";
    let EslCall { mut channel, mut switch, .. } = call_with("async", "full", variables).await;
    let calls = async {
        switch.runs("set", "playback_terminators=none").await;
        switch.runs("playback", "/s/welcome.wav").await;
        let wanted = "^^;playback_terminators=#;dialscript_code=7;dialscript_outcome=otherwise";
        switch.runs("multiset", wanted).await;
        switch.disconnects().await;
    };
    let variables =
        [("DIALSCRIPT_CODE", "7".to_owned()), ("DIALSCRIPT_OUTCOME", "otherwise".to_owned())];
    let left = async {
        channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await.unwrap();
        channel.hand_over(&variables, &Exit::Continue).await
    };
    assert_eq!(tokio::join!(left, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_sends_its_hangup_cause() {
    for (cause, number) in [(None, 16), (Some(HangupCause(17)), 17)] {
        let EslCall { channel, mut switch, .. } = call().await;
        let calls = async {
            switch.runs("multiset", "").await;
            switch.takes(&format!("hangup-cause: {number}\n")).await;
            switch.hangs_up().await;
            switch.disconnects().await;
        };
        let exit = Exit::Hangup(cause);
        assert_eq!(tokio::join!(channel.hand_over(&[], &exit), calls).0, HandoverResult::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn priority_1_is_the_beginning_of_an_extension_and_there_are_no_others() {
    let EslCall { mut channel, switch: _silent, .. } = call().await;
    for (priority, check) in [
        (None, DestinationCheck::Unknown),
        (Some("1"), DestinationCheck::Unknown),
        (Some("2"), DestinationCheck::NoPriorities),
        (Some("10"), DestinationCheck::NoPriorities),
        (Some("start"), DestinationCheck::NoPriorities),
    ] {
        let priority = priority.map(str::to_owned);
        let to = Destination { extension: "1".into(), context: None, priority };
        assert_eq!(channel.check_destination(&to).await, Ok(check), "{to:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hostile_value_is_not_evaluated_by_freeswitch() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let hostile = [("V", "a\n${system(id)} $${b} %[c]".into())];
    let set = channel.set_variables(&hostile);
    let calls = switch.runs("set", "V=a $(system(id)) $$(b) %(c)");
    assert_eq!(tokio::join!(set, calls).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_call_transferred_by_someone_else_is_left_unchanged() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        let socket =
            "Application: socket\nApplication-UUID: 7e6c2b1a-0000-4000-8000-000000000000\n";
        switch.event("CHANNEL_EXECUTE_COMPLETE", socket).await;
        switch.key('4').await;
        switch.disconnects().await;
    };
    let question = four_digits();
    let asked = async {
        let asked = ask(&mut channel, &[], &question).await;
        assert_eq!(asked, Err(Interruption::caller_hung_up()));
        channel.hand_over(&[("A", "b".into())], &Exit::Hangup(None)).await
    };
    assert_eq!(tokio::join!(asked, calls).0, HandoverResult::CallerHungUp);
}
