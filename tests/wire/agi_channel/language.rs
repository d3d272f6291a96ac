//! The language of the channel: set together with variables.

use super::*;

const ASK_LEN: (&str, &str) = (r#"GET VARIABLE "LEN(1)""#, "200 result=1 (1)");
const DONE: &str = "200 result=1";

fn variable(name: &'static str, value: &str) -> (&'static str, String) {
    (name, value.to_owned())
}

/// What the daemon does, while Asterisk answers these commands, and gets no others.
async fn sends<T>(
    replies: &[(&str, &str)],
    doing: impl AsyncFnOnce(AgiChannel<DuplexStream>) -> T,
) -> T {
    let AgiCall { channel, mut asterisk, .. } = call().await;
    let switch = async {
        for (command, reply) in replies {
            asterisk.answers(command, reply).await;
        }
        asterisk.expect_close().await;
    };
    tokio::join!(doing(channel), switch).0
}

#[tokio::test(start_paused = true)]
async fn the_language_is_set_before_the_variables_by_the_same_command() {
    let replies = [ASK_LEN, (r#"SET VARIABLE "ARRAY(CHANNEL(language),A,B)" "de,1,2""#, DONE)];
    let set = async |mut channel: AgiChannel<_>| {
        channel.set_language("de");
        channel.set_variables(&[variable("A", "1"), variable("B", "2")]).await
    };
    assert_eq!(sends(&replies, set).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_language_without_variables_needs_one_command_and_has_underscores() {
    let replies = [(r#"SET VARIABLE "CHANNEL(language)" "pt_BR""#, DONE)];
    let set = async |mut channel: AgiChannel<_>| {
        channel.set_language("pt-BR");
        channel.set_variables(&[]).await?;
        channel.set_variables(&[]).await
    };
    assert_eq!(sends(&replies, set).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_language_that_the_channel_has_is_not_sent() {
    let set = async |mut channel: AgiChannel<_>| {
        channel.set_language("en");
        channel.set_variables(&[]).await
    };
    assert_eq!(sends(&[], set).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_last_language_is_sent_and_a_value_that_array_would_split_follows_by_itself() {
    let replies =
        [(r#"SET VARIABLE "CHANNEL(language)" "fr""#, DONE), (r#"SET VARIABLE "A" "a,b""#, DONE)];
    let set = async |mut channel: AgiChannel<_>| {
        channel.set_language("de");
        channel.set_language("fr");
        channel.hand_over(&[variable("A", "a,b")], &Exit::Continue).await
    };
    assert_eq!(sends(&replies, set).await, HandoverResult::Completed);
}

#[tokio::test(start_paused = true)]
async fn no_other_function_can_be_set() {
    let set = async |mut channel: AgiChannel<_>| {
        channel.set_variables(&[variable("SHELL(true)", "")]).await
    };
    assert!(sends(&[], set).await.is_err());
}
