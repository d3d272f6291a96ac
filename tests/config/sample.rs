//! The sample script of the manual, and the defaults for missing tables.

use std::time::Duration;

use dialscript::channel::{HangupCause, Sound};
use dialscript::script::condition::{Condition, ConditionTest};
use dialscript::script::definition::{HoldMusicSource, ThenAction};
use dialscript::script::matcher::Matcher;
use dialscript::script::template::{Placeholder, PlaceholderValue, PlaceholderValues, Template};

use crate::support::config_folder::ConfigFolder;

const SAMPLE: &str = r#"
[prompt]
play   = "order/number"
repeat = 2

[keypress]
length = 4
gap    = "4s"

[trigger]
url   = "https://shop.example/orders?caller={caller}&orderID={keypress}"
music = "default"

[response]
key   = "data.code"
cache = "5m"

[[branch]]
when = "200"
play = "order/status"
set  = { ORDER_STATUS = "{$data.status}" }
then = "goto 9100@shipping"

[[branch]]
when = "404"
play = ["order/unknown", "switch:beep"]
then = "again"

[otherwise]
then = "continue"

[no_input]
then = "hangup"

[no_response]
play = "sorry"
then = "goto 100@agents,2"
"#;

fn sample() -> ConfigFolder {
    let folder = ConfigFolder::new();
    folder.script("orders", SAMPLE);
    for name in ["order/number", "order/status", "order/unknown", "sorry"] {
        folder.sound(&format!("{name}.wav"));
    }
    folder
}

struct Named;

impl PlaceholderValues for Named {
    fn value(&self, of: &Placeholder) -> PlaceholderValue<'_> {
        match of {
            Placeholder::Caller => PlaceholderValue::public("+49 30"),
            Placeholder::Keypress => PlaceholderValue::public("1234"),
            Placeholder::Secret(name) => PlaceholderValue::public(format!("secret {name}")),
            other => PlaceholderValue::public(format!("{other:?}")),
        }
    }
}

pub(super) fn filled(template: &Template) -> String {
    template.fill(&Named).unwrap().into_text()
}

fn goto(then: &ThenAction) -> (String, Option<String>, Option<String>) {
    let ThenAction::Goto { extension, context, priority } = then else { panic!("{then:?}") };
    (filled(extension), context.as_ref().map(filled), priority.as_ref().map(filled))
}

#[test]
fn the_sample_of_the_manual_is_read_correctly() {
    let script = sample().loaded("orders");
    assert_eq!((script.name.as_str(), script.prompt.repeat), ("orders", 2));
    assert!(!script.prompt.stay_unanswered);
    let keypress = script.keypress.as_ref().unwrap();
    assert_eq!(
        (keypress.digit_options.max_digits, keypress.min_length, keypress.sensitive),
        (4, 1, false)
    );
    assert_eq!(keypress.digit_options.inter_digit_timeout, Duration::from_secs(4));
    assert_eq!(keypress.digit_options.first_digit_timeout, Duration::from_secs(16));
    assert_eq!(
        (keypress.digit_options.terminator, keypress.digit_options.barge_in),
        (Some('#'), true)
    );
    assert!(matches!(script.no_input.then, ThenAction::Hangup(None)));
    assert!(matches!(script.invalid_input().then, ThenAction::Hangup(None)), "as [no_input]");
    assert!(matches!(script.otherwise.then, ThenAction::Continue));
    let agents = ("100".to_owned(), Some("agents".to_owned()), Some("2".to_owned()));
    assert_eq!(goto(&script.no_response.then), agents);
}

#[test]
fn the_trigger_of_the_sample_is_complete() {
    let script = sample().loaded("orders");
    let trigger = script.trigger.as_ref().unwrap();
    let url = "https://shop.example/orders?caller=%2B49%2030&orderID=1234";
    assert_eq!(filled(&trigger.url.template), url);
    assert!(!trigger.url.decides_host && !trigger.background);
    assert_eq!(trigger.response_key.as_ref().unwrap().to_string(), "data.code");
    assert_eq!(trigger.cache_policy.as_ref().unwrap().fresh, Duration::from_secs(300));
    assert_eq!(trigger.retry_policy.total_timeout, Duration::from_secs(5));
    assert_eq!(trigger.hold_media.delay, Duration::from_millis(300));
    assert!(
        matches!(&trigger.hold_media.music, Some(HoldMusicSource::Class(c)) if &**c == "default")
    );
    assert!(trigger.body.is_none() && trigger.headers.is_empty());
}

#[test]
fn the_branches_of_the_sample_keep_their_order() {
    let folder = sample();
    let script = folder.loaded("orders");
    let [shipped, unknown] = script.branches.as_slice() else { panic!("two branches") };
    let [Condition { test: ConditionTest::Matcher(Matcher::Text(text)), .. }] = &shipped.when[..]
    else {
        panic!("{:?}", shipped.when)
    };
    assert_eq!(text, "200");
    assert_eq!(goto(&shipped.outcome.then), ("9100".into(), Some("shipping".into()), None));
    let [(name, value)] = shipped.outcome.variables.as_slice() else { panic!("one variable") };
    assert_eq!(name, "ORDER_STATUS");
    assert!(value.placeholders().all(|p| matches!(p, Placeholder::Answer(_))));
    assert!(matches!(unknown.outcome.then, ThenAction::Again));
    let file = folder.path().join("sounds/order/unknown.wav");
    let file = Sound::File(file.to_str().unwrap().into());
    assert_eq!(super::recorded(&unknown.outcome.sounds, "en"), [file, Sound::Named("beep".into())]);
}

#[test]
fn without_length_the_timeout_for_the_first_digit_is_gap() {
    let folder = ConfigFolder::new();
    folder.script(
        "pin",
        "[prompt]\nanswer=false\n[no_input]\n[keypress]\ngap='2s'\nterminator=''\n\
         barge_in=false\nsensitive=true\npattern='[1-4]+|9'\n",
    );
    let script = folder.loaded("pin");
    let keypress = script.keypress.as_ref().unwrap();
    assert_eq!((keypress.digit_options.max_digits, keypress.digit_options.terminator), (32, None));
    assert_eq!(keypress.digit_options.first_digit_timeout, Duration::from_secs(2));
    assert!(!keypress.digit_options.barge_in && keypress.sensitive);
    assert!(script.prompt.stay_unanswered);
    let pattern = keypress.pattern.as_ref().unwrap();
    assert!(pattern.is_match("1234") && pattern.is_match("9"));
    assert!(!pattern.is_match("99") && !pattern.is_match("12345"), "the whole input");
}

#[test]
fn a_menu_without_otherwise_uses_invalid_input() {
    let folder = ConfigFolder::new();
    let menu = "[keypress]\nlength=1\n[[branch]]\nwhen='1'\nthen='goto 1@a'\n";
    folder.script("menu", &format!("{menu}[no_input]\nthen='hangup busy'\n"));
    let script = folder.loaded("menu");
    assert!(script.rejects_unmatched_input);
    assert!(matches!(script.invalid_input().then, ThenAction::Hangup(Some(HangupCause(17)))));
    folder.script("menu", &format!("{menu}[no_input]\nthen='hangup busy'\n[otherwise]\n"));
    assert!(!folder.loaded("menu").rejects_unmatched_input);
}

#[test]
fn a_missing_otherwise_is_no_response_with_branches_and_continue_without() {
    let folder = ConfigFolder::new();
    let trigger = "[trigger]\nurl='https://a.example/'\n[no_response]\nthen='hangup 34'\n";
    folder.script("plain", trigger);
    folder.script("branched", &format!("{trigger}[[branch]]\nwhen='1'\n"));
    assert!(matches!(folder.loaded("plain").otherwise.then, ThenAction::Continue));
    let branched = folder.loaded("branched");
    assert!(matches!(branched.otherwise.then, ThenAction::Hangup(Some(HangupCause(34)))));
}

#[test]
fn the_input_of_all_earlier_scripts_can_be_used() {
    let folder = ConfigFolder::new();
    let ask = "[keypress]\n[no_input]\n[otherwise]\n";
    folder.script("phone", &format!("{ask}then='script pin'"));
    folder.script("pin", &format!("{ask}then='script look-up'"));
    folder.script(
        "look-up",
        "[trigger]\nurl='https://a.example/?p={phone.keypress}&q={pin.input}'\n[no_response]\n",
    );
    let script = folder.loaded("look-up");
    let url = &script.trigger.as_ref().unwrap().url;
    assert_eq!(url.template.placeholders().count(), 2);
}
