//! Scripts as users write them, on a channel that a test plays: every path of a call, in milliseconds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialscript::channel::{
    Ask, Caller, Channel, Destination, Ended, Exit, Heard, Interrupted, Keys, Left, Line, Listen,
    Meanwhile, Reach, Said, Sounds,
};
use dialscript::config;
use dialscript::script::answer::Answer;
use dialscript::script::definition::Library;
use dialscript::script::memory::Arguments;
use dialscript::script::report::Report;
use dialscript::script::request::{CacheKey, CacheUse, Fetched, NoAnswer, Request, Triggers};
use dialscript::script::run::run;

mod engines;

use engines::NoVoice;

/// A caller and a switch, as a test wants them, and what was done to them.
struct FakeChannel {
    caller: Arc<Caller>,
    line: Line,
    enters: VecDeque<Result<&'static str, Interrupted>>,
    leaves_while_waiting: bool,
    reach: Reach,
    done: Done,
}

type Done = Arc<Mutex<Vec<String>>>;

impl FakeChannel {
    fn does(&self, what: impl Into<String>) {
        self.done.lock().unwrap().push(what.into());
    }

    async fn plays(&self, sounds: &mut impl Sounds) {
        while let Some(sound) = sounds.next().await {
            self.does(format!("play {sound:?}"));
        }
    }
}

impl Channel for FakeChannel {
    fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    async fn pick_up(&mut self, answer: bool) -> Result<Line, Interrupted> {
        if answer && self.line == Line::Ringing {
            self.does("pick up");
            self.line = Line::Up;
        }
        Ok(self.line)
    }

    async fn play(&mut self, sounds: &mut impl Sounds, keys: Keys<'_>) -> Result<(), Interrupted> {
        self.plays(sounds).await;
        if let Keys::Kept(_) = keys {
            self.does("keep keys");
        }
        Ok(())
    }

    async fn ask(&mut self, sounds: &mut impl Sounds, _: &Ask) -> Result<Heard, Interrupted> {
        self.plays(sounds).await;
        self.does("ask");
        let digits = self.enters.pop_front().unwrap_or(Ok(""))?.to_owned();
        Ok(Heard { digits, ended: Ended::Silence })
    }

    async fn listen(&mut self, sounds: &mut impl Sounds, _: &Listen) -> Result<Said, Interrupted> {
        self.plays(sounds).await;
        self.does("listen");
        Ok(Said::Nothing)
    }

    fn speaks(&self) -> bool {
        false
    }

    async fn wait<T: Send>(
        &mut self,
        work: impl Future<Output = T> + Send,
        _: &Meanwhile,
    ) -> Result<T, Interrupted> {
        let done = work.await;
        if self.leaves_while_waiting { Err(Interrupted::caller_left()) } else { Ok(done) }
    }

    async fn reaches(&mut self, to: &Destination) -> Result<Reach, Interrupted> {
        self.does(format!("look up {to:?}"));
        Ok(self.reach)
    }

    async fn set(&mut self, name: &str, value: &str) -> Result<(), Interrupted> {
        self.does(format!("set {name}={value}"));
        Ok(())
    }

    async fn leave(self, variables: &[(&str, String)], exit: &Exit) -> Left {
        for (name, value) in variables {
            self.does(format!("{name}={value}"));
        }
        self.does(format!("{exit:?}"));
        Left::AsAsked
    }
}

/// A web application, as a test wants it, and what it was asked.
#[derive(Default)]
struct FakeTriggers {
    answers: Mutex<VecDeque<Result<Answer, NoAnswer>>>,
    cache: CacheUse,
    done: Done,
}

impl FakeTriggers {
    fn does(&self, what: impl Into<String>) {
        self.done.lock().unwrap().push(what.into());
    }
}

impl Triggers for FakeTriggers {
    async fn ask(&self, request: Request, cached: Option<Duration>) -> Fetched {
        self.does(format!("request {}", request.url.text()));
        if let Some((body, _)) = &request.body {
            self.does(format!("body {}", body.text()));
        }
        let answer = self.answers.lock().unwrap().pop_front().expect("one request too many");
        let key = cached.map(|_| CacheKey([0; 32]));
        Fetched { answer: answer.map(Arc::new), cache: self.cache, key }
    }

    fn keep(&self, _: &Fetched, time: Duration) {
        self.does(format!("keep {time:?}"));
    }

    fn tell(&self, request: Request) {
        self.does(format!("tell {}", request.url.text()));
    }
}

/// A call of a test: scripts by name, the first one runs.
struct Call {
    scripts: Vec<(&'static str, &'static str)>,
    channel: FakeChannel,
    triggers: FakeTriggers,
}

/// What became of it.
struct Outcome {
    done: Vec<String>,
    report: Report,
}

impl Call {
    fn of(script: &'static str) -> Self {
        let done = Done::default();
        let caller = Caller {
            number: "+49 30/1".into(),
            call_id: "1795.1".into(),
            language: "en".into(),
            context: "public".into(),
            ..Caller::default()
        };
        let channel = FakeChannel {
            caller: Arc::new(caller),
            line: Line::Ringing,
            enters: VecDeque::new(),
            leaves_while_waiting: false,
            reach: Reach::Yes,
            done: done.clone(),
        };
        let triggers = FakeTriggers { done, cache: CacheUse::Miss, ..FakeTriggers::default() };
        Self { scripts: vec![("main", script)], channel, triggers }
    }

    fn and(mut self, name: &'static str, script: &'static str) -> Self {
        self.scripts.push((name, script));
        self
    }

    fn enters<const N: usize>(mut self, digits: [&'static str; N]) -> Self {
        self.channel.enters = digits.into_iter().map(Ok).collect();
        self
    }

    fn answers(self, status: u16, content_type: &str, body: &str) -> Self {
        let answer = Answer::read(status, Some(content_type), body.as_bytes());
        self.triggers.answers.lock().unwrap().push_back(Ok(answer));
        self
    }

    fn answers_json(self, body: &str) -> Self {
        self.answers(200, "application/json", body)
    }

    fn does_not_answer(self) -> Self {
        let late = NoAnswer::TimedOut(Duration::from_secs(5));
        self.triggers.answers.lock().unwrap().push_back(Err(late));
        self
    }

    async fn runs(self) -> Outcome {
        let library = library(&self.scripts);
        let script = library.scripts["main"].clone();
        let done = self.channel.done.clone();
        let arguments = [("order".to_owned(), "a b".to_owned())].into_iter().collect::<Arguments>();
        let report =
            run(self.channel, &library, (&self.triggers, &NoVoice), script, arguments).await;
        let done = done.lock().unwrap().clone();
        Outcome { done, report }
    }
}

fn library(scripts: &[(&str, &str)]) -> Arc<Library> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scripts")).unwrap();
    std::fs::create_dir(folder.path().join("sounds")).unwrap();
    let file = folder.path().join("dialscript.toml");
    std::fs::write(&file, "").unwrap();
    for (name, text) in scripts {
        std::fs::write(folder.path().join(format!("scripts/{name}.toml")), text).unwrap();
    }
    config::load(&file).unwrap_or_else(|faults| panic!("{faults}")).library
}

impl Outcome {
    fn variable(&self, name: &str) -> &str {
        let prefix = format!("DIALSCRIPT_{name}=");
        let found = self.done.iter().rev().find_map(|what| what.strip_prefix(&prefix));
        found.unwrap_or_else(|| panic!("no {prefix} in {:#?}", self.done))
    }

    fn exit(&self) -> &str {
        self.done.last().unwrap()
    }

    fn count(&self, what: &str) -> usize {
        self.done.iter().filter(|done| done.starts_with(what)).count()
    }

    #[track_caller]
    fn in_order(&self, wanted: &[&str]) {
        let mut done = self.done.iter();
        for what in wanted {
            assert!(done.any(|done| done == what), "{what:?} not (there) in {:#?}", self.done);
        }
    }
}

const ORDER: &str = r#"
    [prompt]
    play = "switch:number"
    repeat = 2
    [keypress]
    length = 4
    pattern = "[1-9].*"
    [trigger]
    url = "http://shop.example/orders?caller={caller}&id={keypress}&a={arg.order}&n={attempt}"
    [response]
    key = "data.code"
    cache = "5m"
    [[branch]]
    when = "200"
    play = "switch:found"
    set = { ORDER_STATUS = "{$data.status}" }
    then = "goto 9100@shipping"
    [[branch]]
    when = "404"
    play = "switch:unknown"
    then = "again"
    [[branch]]
    when = { status = "5xx" }
    then = "hangup busy"
    [otherwise]
    then = "continue"
    [no_input]
    play = "switch:bye"
    then = "hangup"
    [invalid_input]
    then = "goto 1@invalid"
    [no_response]
    then = "goto {keypress}@agents,help"
"#;

#[tokio::test]
async fn a_call_goes_from_the_prompt_to_the_place_that_the_answer_chose() {
    let answer = r#"{"data": {"code": 200, "status": "shipped"}}"#;
    let ended = Call::of(ORDER).enters(["4711"]).answers_json(answer).runs().await;
    ended.in_order(&[
        "pick up",
        "play number",
        "ask",
        "request http://shop.example/orders?caller=%2B49%2030%2F1&id=4711&a=a%20b&n=1",
        "keep 300s",
        "set ORDER_STATUS=shipped",
        "play found",
        "DIALSCRIPT_SCRIPT=main",
        "DIALSCRIPT_INPUT=4711",
        "DIALSCRIPT_CODE=200",
        "DIALSCRIPT_HTTP_STATUS=200",
        "DIALSCRIPT_OUTCOME=matched",
    ]);
    assert!(ended.exit().starts_with("Goto(Destination { extension: \"9100\""), "{}", ended.exit());
    assert_eq!(ended.report.exit, "goto 9100@shipping");
    assert_eq!(ended.report.digits, 4);
}

#[tokio::test]
async fn silence_is_asked_again_as_often_as_repeat_says() {
    let ended = Call::of(ORDER).runs().await;
    assert_eq!(ended.count("ask"), 3);
    assert_eq!(ended.count("play number"), 3);
    ended.in_order(&["play bye", "DIALSCRIPT_OUTCOME=no_input", "Hangup(None)"]);
}

#[tokio::test]
async fn digits_that_fail_the_pattern_are_asked_again_and_then_invalid() {
    let ended = Call::of(ORDER).enters(["0711", "0712", "0713", "0714"]).runs().await;
    assert_eq!(ended.count("ask"), 3);
    assert_eq!(ended.variable("OUTCOME"), "invalid_input");
    assert_eq!(ended.variable("INPUT"), "0713");
    assert!(ended.exit().contains("invalid"), "{}", ended.exit());
}

#[tokio::test]
async fn again_counts_against_repeat_and_then_is_invalid_input() {
    let unknown = r#"{"data": {"code": "404"}}"#;
    let call = Call::of(ORDER).enters(["4711", "4712", "4713", "4714"]);
    let call = call.answers_json(unknown).answers_json(unknown).answers_json(unknown);
    let ended = call.runs().await;
    assert_eq!(ended.count("request"), 3);
    assert_eq!(ended.count("keep keys"), 3);
    assert_eq!(ended.variable("OUTCOME"), "invalid_input");
}

#[tokio::test]
async fn an_answer_that_no_branch_names_is_otherwise() {
    let ended = Call::of(ORDER).enters(["4711"]).answers_json(r#"{"data": {"code": 7}}"#);
    let ended = ended.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
    assert_eq!(ended.variable("CODE"), "7");
    assert_eq!(ended.exit(), "Continue");
    assert_eq!(ended.count("keep "), 0, "only handled answers are kept");
}

#[tokio::test]
async fn no_answer_is_no_response_with_its_reason() {
    let ended = Call::of(ORDER).enters(["4711"]).does_not_answer().runs().await;
    assert_eq!(ended.variable("OUTCOME"), "no_response");
    assert_eq!(ended.report.exit, "goto 4711@agents,help");
    assert_eq!(ended.report.reason.as_deref(), Some("no answer within 5s"));
}

#[tokio::test]
async fn what_an_earlier_answer_left_is_not_told_of_a_later_request() {
    let call = Call::of(ORDER).enters(["4711", "4712"]).answers_json(r#"{"data": {"code": 404}}"#);
    let ended = call.does_not_answer().runs().await;
    assert_eq!(ended.variable("OUTCOME"), "no_response");
    assert_eq!(ended.variable("CODE"), "");
    assert_eq!(ended.variable("HTTP_STATUS"), "");
}

#[tokio::test]
async fn a_failing_reply_without_the_key_is_no_response_unless_a_branch_names_its_status() {
    let not_there = Call::of(ORDER).enters(["4711"]).answers(404, "text/plain", "no").runs().await;
    assert_eq!(not_there.variable("OUTCOME"), "no_response");
    assert_eq!(not_there.variable("HTTP_STATUS"), "404");
    let broken = Call::of(ORDER).enters(["4711"]).answers(503, "text/html", "<html>").runs().await;
    assert_eq!(broken.variable("OUTCOME"), "matched");
    assert_eq!(broken.exit(), "Hangup(Some(Cause(17)))");
}

#[tokio::test]
async fn a_failing_reply_with_the_key_is_an_answer_like_any() {
    let body = r#"{"data": {"code": "404"}}"#;
    let found = r#"{"data": {"code": "200"}}"#;
    let call = Call::of(ORDER).enters(["4711", "4712"]).answers(404, "application/json", body);
    let ended = call.answers_json(found).runs().await;
    assert_eq!(ended.count("request"), 2);
    assert_eq!(ended.variable("OUTCOME"), "matched");
}

#[tokio::test]
async fn html_is_refused_with_a_reason() {
    let call = Call::of(ORDER).enters(["4711"]);
    let ended = call.answers(200, "text/html", "<html><body>200</body></html>").runs().await;
    assert_eq!(ended.variable("OUTCOME"), "no_response");
    assert!(ended.report.reason.unwrap().contains("HTML"));
}

#[tokio::test]
async fn a_destination_that_is_not_there_is_an_error_and_the_call_goes_on() {
    let mut call = Call::of(ORDER).enters(["4711"]).does_not_answer();
    call.channel.reach = Reach::No;
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "error");
    assert_eq!(ended.exit(), "Continue");
    assert_eq!(ended.report.reason.as_deref(), Some("the dialplan has no 4711@agents,help"));
}

#[tokio::test]
async fn a_hostile_destination_never_reaches_the_switch() {
    let script = r#"
        [trigger]
        url = "http://shop.example/"
        [otherwise]
        then = "goto {$to}@public"
        [no_response]
    "#;
    for hostile in ["1,1)}${SHELL(id)", "a b", "", "1@evil", "ä"] {
        let body = serde_json::json!({ "to": hostile }).to_string();
        let ended = Call::of(script).answers_json(&body).runs().await;
        assert_eq!(ended.count("look up"), 0, "{hostile:?}");
        assert_eq!(ended.variable("OUTCOME"), "error");
        assert_eq!(ended.exit(), "Continue");
    }
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_entering_leaves_the_digits_to_the_dialplan() {
    let mut call = Call::of(ORDER);
    call.channel.enters = [Err(Interrupted::CallerLeft { digits: "47".into() })].into();
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "hangup");
    assert_eq!(ended.variable("INPUT"), "47");
    assert_eq!(ended.count("request"), 0);
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_waiting_is_a_hang_up() {
    let mut call = Call::of(ORDER).enters(["4711"]).answers_json("{}");
    call.channel.leaves_while_waiting = true;
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "hangup");
    assert_eq!(ended.variable("INPUT"), "4711");
}

#[tokio::test]
async fn what_ends_a_call_from_outside_is_an_error_and_the_dialplan_goes_on() {
    for interrupted in [
        Interrupted::Stopping,
        Interrupted::TooLong,
        Interrupted::Refused("520".into()),
        Interrupted::SwitchLost("gone".into()),
    ] {
        let mut call = Call::of(ORDER);
        let reason = interrupted.to_string();
        call.channel.enters = [Err(interrupted)].into();
        let ended = call.runs().await;
        assert_eq!(ended.variable("OUTCOME"), "error");
        assert_eq!(ended.exit(), "Continue");
        assert_eq!(ended.report.reason, Some(reason));
    }
}

#[tokio::test]
async fn the_outcome_is_the_last_variable() {
    let ended = Call::of(ORDER).runs().await;
    let last = ended.done.iter().rposition(|what| what.starts_with("DIALSCRIPT_")).unwrap();
    assert!(ended.done[last].starts_with("DIALSCRIPT_OUTCOME="));
    assert_eq!(ended.count("DIALSCRIPT_"), 6);
}

const NOTICE: &str = r#"
    [trigger]
    url = "http://shop.example/missed?caller={caller}"
    background = true
"#;

#[tokio::test]
async fn a_script_without_prompt_and_question_never_picks_up() {
    let ended = Call::of(NOTICE).runs().await;
    assert_eq!(ended.count("pick up"), 0);
    ended.in_order(&["tell http://shop.example/missed?caller=%2B49%2030%2F1", "Continue"]);
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
}

#[tokio::test]
async fn on_a_channel_that_has_hung_up_sounds_are_skipped_and_the_request_is_made() {
    let script = r#"
        [prompt]
        play = "switch:hello"
        [trigger]
        url = "http://shop.example/"
        [no_response]
    "#;
    let mut call = Call::of(script).answers_json("{}");
    call.channel.line = Line::Gone;
    let ended = call.runs().await;
    assert_eq!(ended.count("play"), 0);
    assert_eq!(ended.count("request"), 1);
    assert_eq!(ended.variable("OUTCOME"), "otherwise");
}

#[tokio::test]
async fn a_question_on_a_channel_that_has_hung_up_is_a_hang_up() {
    let mut call = Call::of(ORDER);
    call.channel.line = Line::Gone;
    let ended = call.runs().await;
    assert_eq!(ended.variable("OUTCOME"), "hangup");
    assert_eq!(ended.count("ask"), 0);
}

#[tokio::test]
async fn a_script_that_must_not_pick_up_skips_what_would_need_it() {
    let script = r#"
        [prompt]
        play = "switch:hello"
        answer = false
        [trigger]
        url = "http://shop.example/"
        [otherwise]
        play = "switch:bye"
        [no_response]
    "#;
    let ringing = Call::of(script).answers_json("{}").runs().await;
    assert_eq!(ringing.count("pick up") + ringing.count("play"), 0);
    assert_eq!(ringing.variable("OUTCOME"), "otherwise");
    let mut up = Call::of(script).answers_json("{}");
    up.channel.line = Line::Up;
    assert_eq!(up.runs().await.count("play"), 2, "the dialplan had picked up");
}

const MENU: &str = r#"
    [prompt]
    play = "switch:menu"
    repeat = 1
    [keypress]
    length = 1
    [[branch]]
    when = "1"
    then = "goto 1@sales"
    [[branch]]
    when = ["2", "3"]
    then = "script pin"
    [otherwise]
    then = "again"
    [no_input]
    then = "hangup"
"#;

const PIN: &str = r#"
    [keypress]
    length = 4
    sensitive = true
    [trigger]
    url = "http://bank.example/{main.keypress}?pin={keypress}"
    [response]
    key = "to"
    [[branch]]
    when = { present = true }
    then = "goto {keypress}@{$to}"
    [no_input]
    [no_response]
"#;

#[tokio::test]
async fn without_a_trigger_branches_compare_what_was_entered() {
    let ended = Call::of(MENU).and("pin", PIN).enters(["1"]).runs().await;
    assert_eq!(ended.variable("OUTCOME"), "matched");
    assert_eq!(ended.report.exit, "goto 1@sales");
}

#[tokio::test]
async fn a_chain_of_scripts_remembers_and_a_sensitive_input_is_shown_nowhere() {
    let call = Call::of(MENU).and("pin", PIN).enters(["9", "2", "4711"]);
    let ended = call.answers_json(r#"{"to": "vault"}"#).runs().await;
    ended.in_order(&["ask", "ask", "ask", "request http://bank.example/2?pin=4711"]);
    assert_eq!(ended.variable("SCRIPT"), "pin");
    assert_eq!(ended.variable("INPUT"), "");
    assert_eq!(ended.report.exit, "goto ***@vault");
    assert!(!format!("{:?}", ended.report).contains("4711"));
}

#[tokio::test]
async fn a_sensitive_input_that_an_answer_repeats_is_masked_in_the_report() {
    let call = Call::of(MENU).and("pin", PIN).enters(["2", "4711"]);
    let ended = call.answers_json(r#"{"to": "x4711"}"#).runs().await;
    assert_eq!(ended.variable("CODE"), "x4711");
    assert!(!format!("{:?}", ended.report).contains("4711"), "{:?}", ended.report);
}

#[tokio::test]
async fn a_chain_that_runs_in_a_circle_ends() {
    let circle = "[prompt]\nplay = 'switch:a'\n[otherwise]\nthen = 'script main'\n";
    let ended = Call::of(circle).runs().await;
    assert_eq!(ended.variable("OUTCOME"), "error");
    assert_eq!(ended.exit(), "Continue");
    assert_eq!(ended.count("play a"), 50);
}

#[tokio::test]
async fn an_answer_from_the_cache_is_told_to_the_dialplan() {
    let mut call = Call::of(ORDER).enters(["4711"]).answers_json(r#"{"data": {"code": "200"}}"#);
    call.triggers.cache = CacheUse::Hit;
    assert_eq!(call.runs().await.variable("CACHE"), "hit");
}

#[tokio::test]
async fn a_reason_is_not_told_of_what_came_after_it() {
    let script = r#"
        [prompt]
        repeat = 1
        [keypress]
        length = 1
        [trigger]
        url = "http://shop.example/"
        [no_response]
        then = "again"
        [no_input]
    "#;
    let ended = Call::of(script).enters(["1"]).does_not_answer().runs().await;
    assert_eq!(ended.variable("OUTCOME"), "no_input");
    assert_eq!(ended.report.reason, None);
}

#[tokio::test]
async fn a_destination_that_is_too_long_as_a_whole_is_none() {
    let script = r#"
        [trigger]
        url = "http://shop.example/"
        [otherwise]
        then = "goto 9{$to}@public"
        [no_response]
    "#;
    let body = serde_json::json!({ "to": "1".repeat(79) }).to_string();
    let ended = Call::of(script).answers_json(&body).runs().await;
    assert_eq!(ended.count("look up"), 0);
    assert_eq!(ended.variable("OUTCOME"), "error");
}
