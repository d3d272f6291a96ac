//! The script that the manual shows, and the defaults.

use std::time::Duration;

use dialscript::channel::{Cause, Sound};
use dialscript::config::Format;
use dialscript::script::definition::{Matcher, MusicSource, Then};
use dialscript::script::template::{Placeholder, Template, Value, Values};

use super::folder::Folder;

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

fn sample() -> Folder {
    let folder = Folder::new();
    folder.script("orders", SAMPLE);
    for name in ["order/number", "order/status", "order/unknown", "sorry"] {
        folder.sound(&format!("{name}.wav"));
    }
    folder
}

struct Named;

impl Values for Named {
    fn value(&self, of: &Placeholder) -> Value<'_> {
        match of {
            Placeholder::Caller => Value::open("+49 30"),
            Placeholder::Keypress => Value::open("1234"),
            Placeholder::Secret(name) => Value::open(format!("secret {name}")),
            other => Value::open(format!("{other:?}")),
        }
    }
}

pub(super) fn filled(template: &Template) -> String {
    template.fill(&Named).unwrap().into_text()
}

fn goto(then: &Then) -> (String, Option<String>, Option<String>) {
    let Then::Goto { extension, context, priority } = then else { panic!("{then:?}") };
    (filled(extension), context.as_ref().map(filled), priority.as_ref().map(filled))
}

#[test]
fn the_sample_of_the_manual_means_what_it_says() {
    let script = sample().loaded("orders");
    assert_eq!((script.name.as_str(), script.prompt.repeat), ("orders", 2));
    assert!(!script.prompt.stay_unanswered);
    let keypress = script.keypress.as_ref().unwrap();
    assert_eq!((keypress.ask.most, keypress.min_length, keypress.sensitive), (4, 1, false));
    assert_eq!(keypress.ask.gap, Duration::from_secs(4));
    assert_eq!(keypress.ask.first_digit, Duration::from_secs(16));
    assert_eq!((keypress.ask.terminator, keypress.ask.barge_in), (Some('#'), true));
    assert!(matches!(script.no_input.then, Then::Hangup(None)));
    assert!(matches!(script.invalid_input.then, Then::Hangup(None)), "as [no_input]");
    assert!(matches!(script.otherwise.then, Then::Continue));
    let agents = ("100".to_owned(), Some("agents".to_owned()), Some("2".to_owned()));
    assert_eq!(goto(&script.no_response.then), agents);
}

#[test]
fn the_trigger_of_the_sample_is_complete() {
    let script = sample().loaded("orders");
    let trigger = script.trigger.as_ref().unwrap();
    let url = "https://shop.example/orders?caller=%2B49%2030&orderID=1234";
    assert_eq!(filled(&trigger.url), url);
    assert!(!trigger.decides_host && !trigger.background);
    assert_eq!(trigger.key.as_ref().unwrap().to_string(), "data.code");
    assert_eq!(trigger.cache, Some(Duration::from_secs(300)));
    assert_eq!(trigger.timeout, Duration::from_secs(5));
    assert_eq!(trigger.meanwhile.after, Duration::from_millis(300));
    assert!(matches!(&trigger.meanwhile.plays, Some(MusicSource::Class(c)) if &**c == "default"));
    assert!(trigger.body.is_none() && trigger.headers.is_empty());
}

#[test]
fn the_branches_of_the_sample_keep_their_order() {
    let folder = sample();
    let script = folder.loaded("orders");
    let [shipped, unknown] = script.branches.as_slice() else { panic!("two branches") };
    assert!(matches!(shipped.when.as_slice(), [Matcher::Text(text)] if text == "200"));
    assert_eq!(goto(&shipped.outcome.then), ("9100".into(), Some("shipping".into()), None));
    let [(name, value)] = shipped.outcome.set.as_slice() else { panic!("one variable") };
    assert_eq!(name, "ORDER_STATUS");
    assert!(value.placeholders().all(|p| matches!(p, Placeholder::Answer(_))));
    assert!(matches!(unknown.outcome.then, Then::Again));
    let file = folder.path().join("sounds/order/unknown.wav");
    let file = Sound::File(file.to_str().unwrap().into());
    assert_eq!(&*unknown.outcome.sounds.default, [file, Sound::OfSwitch("beep".into())]);
}

#[test]
fn an_empty_file_serves_calls_on_loopback() {
    let config = Folder::new().load().unwrap();
    assert_eq!(config.asterisk.listen, ["127.0.0.1:4573".parse().unwrap()]);
    assert_eq!(config.freeswitch.listen, ["127.0.0.1:8084".parse().unwrap()]);
    let shown: Vec<_> = config.asterisk.allow.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["127.0.0.0/8", "::1/128"]);
    assert_eq!(config.environment_timeout, Duration::from_secs(5));
    assert_eq!((config.server.grace, config.server.max_calls), (Duration::from_secs(30), 10000));
    assert_eq!(config.server.longest_call, Duration::from_secs(4 * 3600));
    assert_eq!(config.trigger.connect_timeout, Duration::from_secs(2));
    assert_eq!((&config.trigger.proxy, config.trigger.max_requests), (&None, 10000));
    assert_eq!((config.cache.max_entries, config.cache.max_bytes), (10000, 33_554_432));
    assert_eq!((config.log.level, config.log.format), (tracing::Level::INFO, Format::Text));
}

#[test]
fn every_key_of_the_daemons_file_is_read() {
    let folder = Folder::new();
    folder.file("web/scripts/a.toml", "[prompt]\nplay = 'hello'\n");
    folder.file("secrets/token", "unused");
    folder.sound("hello.wav");
    folder.file(
        "dialscript.toml",
        r#"
        [asterisk]
        listen = ["0.0.0.0:4000", "[::1]:4000"]
        allow  = ["10.1.2.3", "10.2.0.0/16"]
        environment_timeout = "2s"
        [freeswitch]
        listen = []
        [folders]
        scripts = "web/scripts"
        sounds = "sounds"
        sounds_on_switch = "/mnt/sounds"
        secrets = "secrets"
        [server]
        grace = "10s"
        max_calls = 5
        longest_call = "1h"
        [trigger]
        timeout = "3s"
        connect_timeout = "1s"
        music_after = "0s"
        proxy = "http://proxy.example:3128"
        max_requests = 7
        [cache]
        max_entries = 8
        max_bytes = 1000000
        [egress]
        allow_hosts = ["Shop.example", "*.shop.example"]
        allow_networks = ["192.168.0.0/16"]
        [log]
        level = "debug"
        format = "json"
        "#,
    );
    let config = folder.load().unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.asterisk.listen.len(), 2);
    assert_eq!(config.asterisk.allow[0].to_string(), "10.1.2.3/32");
    assert!(config.freeswitch.listen.is_empty());
    assert_eq!(config.environment_timeout, Duration::from_secs(2));
    assert_eq!(config.server.max_calls, 5);
    assert_eq!(config.trigger.music_after, Duration::ZERO);
    assert_eq!(config.trigger.proxy.unwrap().as_str(), "http://proxy.example:3128/");
    assert_eq!((config.cache.max_entries, config.cache.max_bytes), (8, 1_000_000));
    assert_eq!((config.log.level, config.log.format), (tracing::Level::DEBUG, Format::Json));
    assert_eq!(config.egress.allow_networks[0].to_string(), "192.168.0.0/16");
    let allowed = |host| config.egress.allow_hosts.iter().any(|pattern| pattern.matches(host));
    assert!(allowed("shop.example") && allowed("SHOP.example.") && allowed("a.b.shop.example"));
    assert!(!allowed("other.example") && !allowed("evilshop.example") && !allowed(".shop.example"));
    let hello = Sound::File("/mnt/sounds/hello.wav".into());
    assert_eq!(&*config.library.scripts["a"].prompt.sounds.default, [hello]);
}

#[test]
fn sounds_of_a_language_are_found_below_its_folder() {
    let folder = Folder::new();
    folder.script("a", "[prompt]\nplay = ['hello', 'only']\n");
    for name in ["hello.wav", "de/hello.wav", "pt_BR/only.gsm", "en/only.wav"] {
        folder.sound(name);
    }
    folder.file("sounds/hello.gsm", "worse than the wav");
    let sounds = &folder.loaded("a").prompt.sounds;
    let heard = |language: &str| -> Vec<String> {
        let home = folder.path().join("sounds");
        let name = |sound: &Sound| match sound {
            Sound::File(path) => path[home.to_str().unwrap().len() + 1..].to_owned(),
            Sound::OfSwitch(name) => name.to_string(),
        };
        sounds.in_language(language).iter().map(name).collect()
    };
    assert_eq!(heard("fr"), ["hello.wav", "en/only.wav"], "the first language where none is plain");
    assert_eq!(heard("de_AT"), ["de/hello.wav", "en/only.wav"]);
    assert_eq!(heard("pt-br"), ["hello.wav", "pt_BR/only.gsm"]);
}

#[test]
fn keypress_without_length_waits_a_gap_for_the_first_digit() {
    let folder = Folder::new();
    folder.script(
        "pin",
        "[prompt]\nanswer=false\n[no_input]\n[keypress]\ngap='2s'\nterminator=''\n\
         barge_in=false\nsensitive=true\npattern='[1-4]+|9'\n",
    );
    let script = folder.loaded("pin");
    let keypress = script.keypress.as_ref().unwrap();
    assert_eq!((keypress.ask.most, keypress.ask.terminator), (32, None));
    assert_eq!(keypress.ask.first_digit, Duration::from_secs(2));
    assert!(!keypress.ask.barge_in && keypress.sensitive);
    assert!(script.prompt.stay_unanswered);
    let pattern = keypress.pattern.as_ref().unwrap();
    assert!(pattern.is_match("1234") && pattern.is_match("9"));
    assert!(!pattern.is_match("99") && !pattern.is_match("12345"), "the whole input");
}

#[test]
fn a_menu_without_otherwise_takes_invalid_input() {
    let folder = Folder::new();
    let menu = "[keypress]\nlength=1\n[[branch]]\nwhen='1'\nthen='goto 1@a'\n";
    folder.script("menu", &format!("{menu}[no_input]\nthen='hangup busy'\n"));
    let script = folder.loaded("menu");
    assert!(matches!(script.otherwise.then, Then::Hangup(Some(Cause(17)))));
}

#[test]
fn with_a_trigger_otherwise_is_as_no_response_and_without_branches_continue() {
    let folder = Folder::new();
    let trigger = "[trigger]\nurl='https://a.example/'\n[no_response]\nthen='hangup 34'\n";
    folder.script("plain", trigger);
    folder.script("branched", &format!("{trigger}[[branch]]\nwhen='1'\n"));
    assert!(matches!(folder.loaded("plain").otherwise.then, Then::Continue));
    let branched = folder.loaded("branched");
    assert!(matches!(branched.otherwise.then, Then::Hangup(Some(Cause(34)))));
}

#[test]
fn secrets_come_from_their_folder_and_only_the_named_ones() {
    let folder = Folder::new();
    folder.file("secrets/api-key", " s3cret\n").file("secrets/other", "x");
    folder.script(
        "a",
        "[trigger]\nurl='https://a.example/'\nbackground=true\nheaders='Authorization=Bearer%20{secret.api-key}'",
    );
    let config = folder.load().unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.library.secrets.get("api-key"), Some("s3cret"));
    assert_eq!(config.library.secrets.get("other"), None);
}

/// Runs in a process of its own, since the environment is one for all tests.
#[test]
#[ignore = "run by the next test"]
fn secrets_of_this_environment() {
    let folder = Folder::new();
    let credentials = std::env::var("CREDENTIALS_DIRECTORY").unwrap();
    std::fs::write(format!("{credentials}/db"), "of systemd\n").unwrap();
    let headers = "A={secret.db}&B={secret.api-key}";
    folder.script(
        "a",
        &format!("[trigger]\nurl='https://a.example/'\nbackground=true\nheaders='{headers}'"),
    );
    let secrets = &folder.load().unwrap_or_else(|faults| panic!("{faults}")).library.secrets;
    assert_eq!(secrets.get("db"), Some("of systemd"));
    assert_eq!(secrets.get("api-key"), Some("of the environment"));
}

#[test]
fn secrets_come_from_systemd_and_from_the_environment_too() {
    let credentials = tempfile::TempDir::new().unwrap();
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "config::sample::secrets_of_this_environment"])
        .env("CREDENTIALS_DIRECTORY", credentials.path())
        .env("DIALSCRIPT_SECRET_API_KEY", "of the environment")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
fn music_is_a_class_unless_it_looks_like_a_sound() {
    let folder = Folder::new();
    folder.sound("wait.wav");
    let mut music = |typed: &str| {
        let trigger = "[trigger]\nurl='https://a.example/'\n[no_response]\n";
        folder.script("a", &trigger.replace("[no", &format!("music={typed}\n[no")));
        let config = folder.load().ok()?;
        config.library.scripts["a"].trigger.as_ref()?.meanwhile.plays.clone()
    };
    assert!(matches!(music("'jazz'"), Some(MusicSource::Class(class)) if &*class == "jazz"));
    for sounds in ["'wait'", "['wait', 'wait']", "'switch:ring'"] {
        assert!(matches!(music(sounds), Some(MusicSource::Sounds(_))), "{sounds}");
    }
    for fault in ["'wait.wav'", "['jazz']", "''", "'http://a.example/a.wav'"] {
        assert!(music(fault).is_none(), "{fault}");
    }
}

#[test]
fn what_an_earlier_script_was_given_can_be_read_along_the_chain() {
    let folder = Folder::new();
    let ask = "[keypress]\n[no_input]\n[otherwise]\n";
    folder.script("phone", &format!("{ask}then='script pin'"));
    folder.script("pin", &format!("{ask}then='script look-up'"));
    folder.script(
        "look-up",
        "[trigger]\nurl='https://a.example/?p={phone.keypress}&q={pin.input}'\n[no_response]\n",
    );
    let script = folder.loaded("look-up");
    let url = &script.trigger.as_ref().unwrap().url;
    assert_eq!(url.placeholders().count(), 2);
}
