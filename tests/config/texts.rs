//! `say`, `play`, `[voice]` and `[speech]` in script files.

use std::time::Duration;

use dialscript::channel::Sound;
use dialscript::script::definition::{Playlist, PromptPart, SpeechFilter};
use dialscript::script::template::{InputKind, Placeholder};
use dialscript::script::voice::{SoundRequest, SpeakingRate};

use crate::support::config_folder::ConfigFolder;

/// A short text for each part of a playlist.
fn parts(playlist: &Playlist) -> Vec<String> {
    let name = |placeholder: &Placeholder| match placeholder {
        Placeholder::Answer(part) => part.to_string(),
        Placeholder::OtherScript(script, InputKind::Keypress) => format!("{script}.keypress"),
        other => format!("{other:?}"),
    };
    let part = |part: &PromptPart| match part {
        PromptPart::Recorded(recorded) => match &recorded.default[0] {
            Sound::File(path) => path.rsplit('/').next().unwrap().to_owned(),
            other => format!("{other:?}"),
        },
        PromptPart::Text(text) => format!("say {text}"),
        PromptPart::Value(placeholder, how) => format!("{how:?} {}", name(placeholder)),
        PromptPart::Url(url) => format!("url {url}"),
        PromptPart::UrlValue(placeholder) => format!("url of {}", name(placeholder)),
    };
    playlist.parts.iter().map(part).collect()
}

#[test]
fn play_comes_before_say_and_texts_are_split_at_placeholders() {
    let folder = ConfigFolder::new();
    folder.sound("hello.wav").sound("de/bye.wav");
    folder.daemon_file("[egress]\nallow_hosts = ['a.example']\n");
    let phone = "[keypress]\n[no_input]\n[otherwise]\nthen = 'script a'\n";
    folder.script("phone", phone).script(
        "a",
        r#"
        [prompt]
        say = ["Dear {caller},  your {{order}} {digits:$data.id} - ({say:phone.keypress})!", "Wait\nfor it: {play:bye}."]
        play = ["hello", "https://a.example/a.mp3", "switch:beep"]
        [trigger]
        url = "https://a.example/"
        [otherwise]
        say = "{number:$sum}{play:$song}{play:https://a.example/b.ogg}{play:switch:beep}"
        [no_response]
        then = "script a"
        "#,
    );
    let script = folder.loaded("a");
    assert_eq!(
        parts(&script.prompt.sounds),
        [
            "hello.wav",
            "url https://a.example/a.mp3",
            "beep",
            "say Dear",
            "Words Caller",
            "say your {order}",
            "Digits $data.id",
            "Words phone.keypress",
            "say Wait for it:",
            "bye.wav",
        ]
    );
    let otherwise = ["Number $sum", "url of $song", "url https://a.example/b.ogg", "beep"];
    assert_eq!(parts(&script.otherwise.sounds), otherwise);
}

#[test]
fn a_language_with_an_underscore_is_that_with_a_hyphen() {
    let folder = ConfigFolder::new();
    folder.daemon_file(
        "[speech.engines.deep]\nengine='command'\ncommand=['/bin/cat']\nlanguage='pt_BR.UTF-8'\n\
         [speech]\nlisten={engine='command',command=['/bin/cat']}\n",
    );
    let voice = |voice: &str| {
        folder.script(
            "a",
            &format!(
                "[voice]\n{voice}\n[speech]\nlanguage='pt_BR'\nfilter='numeric'\n[no_input]\n"
            ),
        );
        let script = folder.loaded("a");
        let (voice, language) = (&script.voice_params.voice, &script.voice_params.language);
        let speech = script.speech.as_ref().unwrap().language.as_deref().unwrap().to_owned();
        (voice.as_deref().map(str::to_owned), language.as_deref().map(str::to_owned), speech)
    };
    let text = |text: &str| Some(text.to_owned());
    let spoken = "pt-BR".to_owned();
    assert_eq!(voice("language='pt_BR'"), (None, text("pt-BR"), spoken.clone()));
    assert_eq!(voice("voice='pt_BR'"), (text("pt-BR"), None, spoken.clone()));
    assert_eq!(
        voice("voice='pt_BR-faber-medium'"),
        (text("pt_BR-faber-medium"), None, spoken.clone())
    );
    assert_eq!(voice("language='zh_Hans_CN'"), (None, text("zh-Hans-CN"), spoken));
    let engine = folder.config().daemon.voice.named_engines["deep"].clone();
    assert_eq!(&*engine.language, "pt-BR");
}

#[test]
fn every_key_of_voice_is_read() {
    let folder = ConfigFolder::new();
    folder.daemon_file("[speech.engines.deep]\nengine='command'\ncommand=['/bin/cat']\n");
    let voice = "[voice]\nengine='deep'\nvoice='en-us+f3'\nlanguage='pt_BR'\nspeed=1.25\n";
    folder
        .script("a", &format!("{voice}[prompt]\nsay='Hello.'\n"))
        .script("b", "[prompt]\nsay='Hello.'\n");
    let voice_params = folder.loaded("a").voice_params.clone();
    let (engine, voice) = (voice_params.engine.as_deref(), voice_params.voice.as_deref());
    assert_eq!((engine, voice), (Some("deep"), Some("en-us+f3")));
    assert_eq!(
        (voice_params.language.as_deref(), voice_params.speed),
        (Some("pt-BR"), Some(SpeakingRate(125)))
    );
    assert_eq!(*folder.loaded("b").voice_params, Default::default());
}

#[test]
fn every_key_of_speech_in_a_script_is_read_and_has_a_default() {
    let folder = ConfigFolder::new();
    folder.script("plain", "[speech]\nlanguage='de-AT'\n[no_input]\n").script(
        "full",
        "[prompt]\nrepeat=2\n[speech]\nlanguage='hi'\nfilter='numeric'\nstart='3s'\nsilence='2s'\n\
         maximum='9s'\nlength=6\nsensitive=true\n[no_input]\n[otherwise]\nthen='again'\n\
         [invalid_input]\n",
    );
    let plain = folder.loaded("plain").speech.clone().unwrap();
    assert_eq!(
        (plain.language.as_deref(), plain.filter, plain.digit_count),
        (Some("de-AT"), SpeechFilter::None, None)
    );
    let times = [plain.no_input_timeout, plain.end_silence, plain.max_duration]
        .map(|time| time.as_millis());
    assert_eq!((times, plain.sensitive), ([5000, 1500, 15000], false));
    let full = folder.loaded("full").speech.clone().unwrap();
    assert_eq!(
        (full.filter, full.digit_count, full.sensitive),
        (SpeechFilter::Numeric, Some(6), true)
    );
    assert_eq!(
        full.no_input_timeout + full.end_silence + full.max_duration,
        Duration::from_secs(14)
    );
}

#[test]
fn speech_can_be_compared_and_used_in_later_scripts() {
    let folder = ConfigFolder::new();
    let menu = "[speech]\nlanguage='en'\n[[branch]]\nwhen='sales please'\nthen='script next'\n[no_input]\n";
    folder.script("menu", menu);
    folder.script("next", "[prompt]\nsay='You said {menu.speech}, {menu.input}.'\n");
    assert_eq!(parts(&folder.loaded("next").prompt.sounds).len(), 3);
    folder.script("next", "[prompt]\nsay='{menu.keypress}'\n");
    assert_eq!(folder.errors(), ["the script `menu` does not ask for keypresses | "]);
}

#[test]
fn a_matcher_for_more_digits_than_an_input_can_have_is_an_error() {
    let folder = ConfigFolder::new();
    let speech = "[speech]\nlanguage='en'\nfilter='numeric'\nlength=2\n[no_input]\n";
    folder.script("a", &format!("{speech}[[branch]]\nwhen=['12', '123']\n"));
    assert_eq!(folder.errors().len(), 1);
    folder.script("a", &format!("{speech}[keypress]\nlength=3\n[[branch]]\nwhen=['12', '123']\n"));
    assert_eq!(folder.errors(), Vec::<String>::new());
}

#[test]
fn fixed_sounds_are_listed_once_for_each_voice() {
    let folder = ConfigFolder::new();
    folder.daemon_file("[speech.engines.deep]\nengine='command'\ncommand=['/bin/cat']\n");
    let rest = "[trigger]\nurl='https://a.example/{caller}'\nmusic=['switch:a', 'https://a.example/m.mp3']\n\
                [trigger.reassure]\nsay=['One moment.', '{play:https://a.example/h.mp3}', 'Hello.']\n\
                [no_response]\nsay='Sorry. {digits:caller}'\nplay='https://a.example/m.mp3'\n";
    folder.script("a", &format!("[prompt]\nsay=['Hello.', 'Sorry.', 'Hello.']\n{rest}"));
    folder.script("b", "[voice]\nengine='deep'\n[prompt]\nsay='Hello. {caller}'\n");
    let config = folder.config();
    let reported = config.library.fixed_sounds().map(|wanted| match wanted {
        SoundRequest::Text { text, voice_params } => {
            format!("{} {}", text.text(), voice_params.engine.as_deref().unwrap_or("-"))
        }
        SoundRequest::Url { url, decides_host } => format!("{} {decides_host}", url.text()),
    });
    let reported: Vec<_> = reported.collect();
    assert_eq!(reported[..3], ["Hello. -", "Sorry. -", "https://a.example/m.mp3 false"]);
    assert_eq!(reported[3..5], ["One moment. -", "https://a.example/h.mp3 false"]);
    assert_eq!(reported[5..15].concat(), "0 -1 -2 -3 -4 -5 -6 -7 -8 -9 -");
    assert_eq!(reported[15..], ["Hello. deep"]);
}

#[test]
fn a_language_that_is_no_code_is_a_warning() {
    let folder = ConfigFolder::new();
    let warnings = |language: &str| {
        folder.script(
            "a",
            &format!("[voice]\nlanguage='{language}'\n[prompt]\nplay='switch:hello'\n"),
        );
        folder.config().warnings.render(false)
    };
    let reported = warnings("german");
    for part in [
        "`german` is not the code of a language",
        "write a code such as `de` or `de-DE`, unless the engine knows `german`",
    ] {
        assert!(reported.contains(part), "{part} in {reported}");
    }
    for code in ["de", "de-DE", "pt_BR", "pt_BR.UTF-8", "yue", "zh-Hans-CN"] {
        assert_eq!(warnings(code), "", "{code}");
    }
}
