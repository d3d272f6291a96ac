//! Variables, and the hand-over.

use std::future::ready;

use dialscript::channel::{
    Channel, Destination, DestinationCheck, Exit, HandoverResult, HangupCause, HoldMedia,
    Interruption, TypeAhead,
};

use crate::wire::esl_channel::switch::{EslCall, UUID, call, call_with};
use crate::wire::questions::{ask, four_digits, sounds};

#[tokio::test(start_paused = true)]
async fn a_shutdown_interrupts_a_prompt_and_hands_the_call_over_with_its_variables() {
    let EslCall { mut channel, mut switch, stop } = call().await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        let sound = switch.starts("playback", "/s/welcome.wav").await;
        stop.cancel();
        switch.breaks().await;
        switch.ends(&sound).await;
        switch.sets("playback_terminators=;dialscript_outcome=error").await;
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
        switch.sets("playback_terminators=none").await;
        switch.runs("playback", "/s/welcome.wav").await;
        // Only our own names are in lowercase.
        let wanted = "playback_terminators=#;Status=new;dialscript_outcome=otherwise";
        switch.sets(wanted).await;
        switch.disconnects().await;
    };
    let variables = [("Status", "new".to_owned()), ("DIALSCRIPT_OUTCOME", "otherwise".to_owned())];
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
    let calls = switch.sets("V=a $(system(id)) $$(b) %(c)");
    let set = async {
        channel.set_variables(&[("V", "a\n${system(id)} $${b} %[c]".into())]).await.unwrap();
        channel.wait(ready(()), &HoldMedia::default()).await
    };
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

/// A call that has played a sound, so it is parked.
async fn parked(variables: &str) -> EslCall {
    let EslCall { mut channel, mut switch, stop } = call_with("async", "full", variables).await;
    let calls = async {
        switch.sets("playback_terminators=none").await;
        switch.runs("playback", "/s/welcome.wav").await;
    };
    let mut welcome = sounds(&["/s/welcome.wav"]);
    let played = channel.play(&mut welcome, TypeAhead::Discard);
    assert_eq!(tokio::join!(played, calls).0, Ok(()));
    EslCall { channel, switch, stop }
}

fn goto(extension: &str) -> Exit {
    let context = Some("shipping".to_owned());
    Exit::Goto(Destination { extension: extension.into(), context, priority: None })
}

#[tokio::test(start_paused = true)]
async fn a_parked_call_is_handed_over_in_one_write_and_its_variables_are_set_first() {
    for (exit, function, argument) in [
        (goto("9100"), "uuid_transfer", "9100 XML shipping"),
        (Exit::Hangup(Some(HangupCause(17))), "uuid_kill", "17"),
    ] {
        let EslCall { mut channel, mut switch, .. } =
            parked("variable_socket_resume: true\n").await;
        let calls = async {
            let commands = [switch.command().await, switch.command().await, switch.command().await];
            let assignments = "a=b;playback_terminators=;socket_resume=;dialscript_outcome=matched";
            let sets = format!("api uuid_setvar_multi {UUID} {assignments}\n");
            let leaves = format!("api {function} {UUID} {argument}\n");
            assert_eq!(commands, [&*sets, &*leaves, "exit\n"]);
            switch.outputs("+OK\n").await;
            switch.outputs("+OK\n").await;
            switch.hangs_up().await;
            switch.closes().await;
        };
        let left = async {
            channel.set_variables(&[("a", "b".into())]).await.unwrap();
            channel.hand_over(&[("DIALSCRIPT_OUTCOME", "matched".into())], &exit).await
        };
        assert_eq!(tokio::join!(left, calls).0, HandoverResult::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_vanishes_before_its_hand_over_is_a_hang_up_and_a_refusal_is_not() {
    for (output, result) in [
        ("-ERR No such channel!\n", HandoverResult::CallerHungUp),
        ("-USAGE: <uuid> <var>=<value>;<var>=<value>...\n", HandoverResult::ConnectionLost),
        ("-ERR\n", HandoverResult::ConnectionLost),
    ] {
        let EslCall { channel, mut switch, .. } = parked("").await;
        let calls = async {
            switch.command().await;
            switch.outputs(output).await;
            switch.command().await;
            switch.closes().await;
        };
        let variables = [("DIALSCRIPT_OUTCOME", "matched".to_owned())];
        let left = channel.hand_over(&variables, &Exit::Continue);
        assert_eq!(tokio::join!(left, calls).0, result, "{output}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_mod_commands_the_call_is_handed_over_by_applications() {
    let EslCall { mut channel, mut switch, .. } = call().await;
    let calls = async {
        switch.command().await;
        switch.outputs("-ERR uuid_setvar_multi Command not found!\n").await;
        let sound = switch.starts("playback", "/s/welcome.wav").await;
        let broken_off = switch.starts("break", "").await;
        switch.ends(&sound).await;
        switch.ends(&broken_off).await;
        switch.runs("multiset", "dialscript_outcome=error").await;
        switch.disconnects().await;
    };
    let left = async {
        let played = channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await;
        let Err(Interruption::Refused(reason)) = played else { panic!("{played:?}") };
        assert!(reason.contains("load mod_commands"), "{reason}");
        channel.hand_over(&[("DIALSCRIPT_OUTCOME", "error".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(left, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_sound_that_cannot_be_interrupted_does_not_prevent_the_hand_over() {
    let EslCall { mut channel, mut switch, stop } = parked("").await;
    let calls = async {
        switch.starts("playback", "/s/welcome.wav").await;
        stop.cancel();
        let mut command = switch.command().await;
        while command.starts_with("api uuid_break ") {
            switch.outputs("+OK\n").await;
            command = switch.command().await;
        }
        assert!(command.contains("dialscript_outcome=error"), "{command}");
        switch.outputs("+OK\n").await;
        switch.disconnects().await;
    };
    let left = async {
        let played = channel.play(&mut sounds(&["/s/welcome.wav"]), TypeAhead::Discard).await;
        assert_eq!(played, Err(Interruption::Shutdown));
        channel.hand_over(&[("DIALSCRIPT_OUTCOME", "error".into())], &Exit::Continue).await
    };
    assert_eq!(tokio::join!(left, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn more_variables_than_a_command_can_set_are_set_by_several_in_their_order() {
    let EslCall { channel, mut switch, .. } = parked("").await;
    let names: Vec<_> = (0..150).map(|number| format!("v{number}")).collect();
    let variables: Vec<_> = names.iter().map(|name| (name.as_str(), "x".repeat(200))).collect();
    let calls = async {
        let (mut assignments, mut commands) = (Vec::new(), 0);
        loop {
            let command = switch.command().await;
            if command == "exit\n" {
                break;
            }
            let prefix = format!("api uuid_setvar_multi {UUID} ");
            let group = command.trim_end().strip_prefix(&prefix).expect("uuid_setvar_multi");
            assert!(group.split(';').count() <= 64 && group.len() < 5_000);
            assignments.extend(group.split(';').map(str::to_owned));
            commands += 1;
            switch.outputs("+OK\n").await;
        }
        assert_eq!(commands, 8);
        let wanted = variables.iter().map(|(name, value)| format!("{name}={value}"));
        let first = "playback_terminators=".to_owned();
        assert_eq!(assignments, [first].into_iter().chain(wanted).collect::<Vec<_>>());
        switch.closes().await;
    };
    let left = channel.hand_over(&variables, &Exit::Continue);
    assert_eq!(tokio::join!(left, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_looks_like_an_option_is_transferred_by_the_application() {
    let EslCall { channel, mut switch, .. } = parked("").await;
    let calls = async {
        switch.runs("multiset", "^^;playback_terminators=").await;
        switch.runs("transfer", "-both XML shipping").await;
        switch.disconnects().await;
    };
    let exit = goto("-both");
    let left = channel.hand_over(&[], &exit);
    assert_eq!(tokio::join!(left, calls).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn without_full_or_async_variables_are_set_by_an_application_and_the_rest_follows() {
    for (mode, control) in [("async", "single-channel"), ("static", "full")] {
        let EslCall { mut channel, mut switch, .. } = call_with(mode, control, "").await;
        let calls = async {
            switch.runs("multiset", "^^;a=b;dialscript_outcome=matched").await;
            switch.runs("transfer", "9100 XML shipping").await;
            switch.disconnects().await;
        };
        let left = async {
            channel.set_variables(&[("a", "b".into())]).await.unwrap();
            channel.hand_over(&[("DIALSCRIPT_OUTCOME", "matched".into())], &goto("9100")).await
        };
        assert_eq!(tokio::join!(left, calls).0, HandoverResult::Completed);
    }
}
