//! Variables, destinations, and the hand-over.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_destination_is_looked_up_and_then_set_with_all_its_parts() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        let exists = r#"GET VARIABLE "DIALPLAN_EXISTS(shipping,9100,1)""#;
        asterisk.answers(exists, "200 result=1 (1)").await;
        asterisk.answers(r#"SET CONTEXT "shipping""#, "200 result=0").await;
        asterisk.answers(r#"SET EXTENSION "9100""#, "200 result=0").await;
        asterisk.answers(r#"SET PRIORITY "1""#, "200 result=0").await;
        asterisk.expect_close().await;
    };
    let to =
        Destination { extension: "9100".into(), context: Some("shipping".into()), priority: None };
    let calls = async {
        assert_eq!(channel.check_destination(&to).await, Ok(DestinationCheck::Exists));
        channel.hand_over(&[], &Exit::Goto(to)).await
    };
    assert_eq!(tokio::join!(calls, switch).0, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_destination_without_context_is_looked_up_in_the_context_of_the_call() {
    for (note, reach) in [
        (" (0)", DestinationCheck::Missing),
        (" (1)", DestinationCheck::Exists),
        ("", DestinationCheck::Unknown),
    ] {
        let AgiCall { mut channel, mut asterisk, .. } = call().await;
        let to = Destination { extension: "1".into(), context: None, priority: Some("go".into()) };
        let exists = r#"GET VARIABLE "DIALPLAN_EXISTS(test,1,go)""#;
        let reply = format!("200 result=1{note}");
        let (reaches, ()) =
            tokio::join!(channel.check_destination(&to), asterisk.answers(exists, &reply));
        assert_eq!(reaches, Ok(reach));
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_sends_its_hangup_cause() {
    for (exit, command) in [
        (Exit::Hangup(None), r#"EXEC Hangup "16""#),
        (Exit::Hangup(Some(HangupCause(17))), r#"EXEC Hangup "17""#),
    ] {
        let AgiCall { channel, mut asterisk, .. } = call().await;
        let switch = asterisk.answers(command, "200 result=-1\nHANGUP");
        assert_eq!(
            tokio::join!(channel.hand_over(&[], &exit), switch).0,
            HandoverResult::Completed
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_hostile_value_stays_one_argument_of_one_command() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let hostile = [("V", "a\"b\\c\r\nSET VARIABLE X 1\0${SHELL(id)}".into())];
    let sent = r#"SET VARIABLE "V" "a\"b\\c  SET VARIABLE X 1 ${SHELL(id)}""#;
    let switch = asterisk.answers(sent, "200 result=1");
    assert_eq!(tokio::join!(channel.set_variables(&hostile), switch).0, Ok(()));
}
