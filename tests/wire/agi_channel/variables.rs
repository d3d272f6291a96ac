//! Several variables with one command: which values allow it, and which Asterisk does.

use super::*;

const ASK_LEN: &str = r#"GET VARIABLE "LEN(1)""#;
const HAS_LEN: &str = "200 result=1 (1)";
const NO_LEN: &str = "200 result=0";
const DONE: &str = "200 result=1";

fn variables(values: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    values.iter().map(|&(name, value)| (name, value.to_owned())).collect()
}

/// Hands a call over with these variables, while Asterisk answers these commands.
async fn hand_over(
    peers: &Arc<AgiPeers>,
    values: &[(&'static str, &str)],
    replies: &[(&str, &str)],
) {
    hand_over_of(ENVIRONMENT, peers, values, replies).await;
}

async fn hand_over_of(
    environment: &str,
    peers: &Arc<AgiPeers>,
    values: &[(&'static str, &str)],
    replies: &[(&str, &str)],
) {
    let hour = Duration::from_secs(3600);
    let call = call_from(peers.clone(), environment, duplex(64 * 1024), hour).await;
    let AgiCall { channel, mut asterisk, .. } = call;
    let switch = async {
        for (command, reply) in replies {
            asterisk.answers(command, reply).await;
        }
        asterisk.expect_close().await;
    };
    let variables = variables(values);
    let (result, ()) = tokio::join!(channel.hand_over(&variables, &Exit::Continue), switch);
    assert_eq!(result, HandoverResult::Completed);
}

/// The environment of a call that this thread of Asterisk runs.
fn environment_of(thread_id: u64) -> String {
    ENVIRONMENT.replace("agi_context", &format!("agi_threadid: {thread_id}\nagi_context"))
}

#[tokio::test(start_paused = true)]
async fn several_variables_are_set_by_one_command_once_asterisk_is_known_to_have_array() {
    let peers = Arc::default();
    let values = [("A", " a "), ("B", ""), ("C", "${C}; ü")];
    let set = (r#"SET VARIABLE "ARRAY(A,B,C)" " a ,,${C}; ü""#, DONE);
    hand_over(&peers, &values, &[(ASK_LEN, HAS_LEN), set]).await;
    hand_over(&peers, &values, &[set]).await;
}

#[tokio::test(start_paused = true)]
async fn an_asterisk_without_func_strings_gets_each_variable_by_a_command_of_its_own() {
    for reply in [NO_LEN, "200 result=1 ()", "510 Invalid or unknown command"] {
        let peers = Arc::default();
        let values = [("A", "1"), ("B", "2")];
        let set = [(r#"SET VARIABLE "A" "1""#, DONE), (r#"SET VARIABLE "B" "2""#, DONE)];
        hand_over(&peers, &values, &[(ASK_LEN, reply), set[0], set[1]]).await;
        hand_over(&peers, &values, &set).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_variable_needs_no_array() {
    hand_over(&Arc::default(), &[("A", "1")], &[(r#"SET VARIABLE "A" "1""#, DONE)]).await;
}

#[tokio::test(start_paused = true)]
async fn a_value_that_array_would_read_otherwise_has_its_own_command_in_the_same_order() {
    for value in ["a,b", "a(b", "a)b", "a[b", "a]b", r#"a\"b"#, r"a\\b"] {
        let peers = Arc::default();
        let unescaped = value.replace(r#"\""#, "\"").replace(r"\\", r"\");
        let values = [("A", "1"), ("B", "2"), ("C", &*unescaped), ("D", "3"), ("E", "4")];
        let single = format!(r#"SET VARIABLE "C" "{value}""#);
        let replies = [
            (ASK_LEN, HAS_LEN),
            (r#"SET VARIABLE "ARRAY(A,B)" "1,2""#, DONE),
            (&single, DONE),
            (r#"SET VARIABLE "ARRAY(D,E)" "3,4""#, DONE),
        ];
        hand_over(&peers, &values, &replies).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_with_several_variables_is_never_longer_than_asterisk_reads() {
    let long = "x".repeat(1_500);
    let [first, second] = ["A", "C"].map(|name| format!(r#"SET VARIABLE "ARRAY({name},"#));
    let first = format!(r#"{first}B)" "{long},1""#);
    let second = format!(r#"{second}D)" "{long},2""#);
    assert!(first.len() + 1 + long.len() > 2_047);
    let values = [("A", &*long), ("B", "1"), ("C", &*long), ("D", "2")];
    let replies = [(ASK_LEN, HAS_LEN), (&*first, DONE), (&*second, DONE)];
    hand_over(&Arc::default(), &values, &replies).await;
}

#[tokio::test(start_paused = true)]
async fn asterisk_is_asked_again_after_a_minute_and_if_another_process_runs_the_call() {
    let (peers, values) = (Arc::default(), [("A", "1"), ("B", "2")]);
    let together = (r#"SET VARIABLE "ARRAY(A,B)" "1,2""#, DONE);
    let [a, b] = [(r#"SET VARIABLE "A" "1""#, DONE), (r#"SET VARIABLE "B" "2""#, DONE)];
    let near = environment_of(140_213_000_000_000);
    let same_process = environment_of(140_214_000_000_000);
    let other_process = environment_of(140_687_000_000_000);
    hand_over_of(&near, &peers, &values, &[(ASK_LEN, HAS_LEN), together]).await;
    hand_over_of(&same_process, &peers, &values, &[together]).await;
    hand_over_of(&other_process, &peers, &values, &[(ASK_LEN, NO_LEN), a, b]).await;
    hand_over_of(&near, &peers, &values, &[(ASK_LEN, HAS_LEN), together]).await;
    sleep(Duration::from_secs(59)).await;
    hand_over_of(&near, &peers, &values, &[together]).await;
    sleep(Duration::from_secs(1)).await;
    hand_over_of(&near, &peers, &values, &[(ASK_LEN, NO_LEN), a, b]).await;
}

#[tokio::test(start_paused = true)]
async fn after_a_hang_up_the_variables_are_set_all_the_same() {
    let AgiCall { mut channel, mut asterisk, .. } = call().await;
    let switch = async {
        asterisk.expect_command("ANSWER").await;
        asterisk.says("200 result=-1\nHANGUP").await;
        asterisk.answers(ASK_LEN, HAS_LEN).await;
        asterisk.answers(r#"SET VARIABLE "ARRAY(A,B)" "1,2""#, DONE).await;
        asterisk.expect_close().await;
    };
    let call = async {
        assert!(channel.pick_up(true).await.is_err());
        channel.hand_over(&variables(&[("A", "1"), ("B", "2")]), &Exit::Continue).await
    };
    assert_eq!(tokio::join!(call, switch).0, HandoverResult::CallerHungUp);
}
