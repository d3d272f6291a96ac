//! `[speech]`, `[folders]` and `[sound_server]` of the daemon's file.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use dialscript::script::timezone::ScriptTimezone;
use dialscript::script::voice::SpeakingRate;
use dialscript::voice::settings::{AsrBackend, SoundFormat, TtsBackend};

use crate::support::config_folder::ConfigFolder;
use crate::support::own_process::run_test;
use crate::support::program::ProgramResult;

#[test]
fn without_speech_settings_the_defaults_apply() {
    let folder = ConfigFolder::new();
    let voice = folder.load().unwrap().daemon.voice;
    assert!(
        voice.asr_engine.is_none()
            && voice.fallback_engine.is_none()
            && voice.named_engines.is_empty()
    );
    assert!(voice.sound_server.is_none());
    assert_eq!((voice.timeout, voice.max_concurrent), (Duration::from_secs(5), 4));
    assert_eq!((voice.format, voice.max_cache_bytes), (SoundFormat::Narrow, 268_435_456));
    assert_eq!(voice.cache_folder.local, folder.path().join("cache"));
    assert_eq!(voice.cache_folder.on_switch, voice.cache_folder.local);
    assert_eq!(voice.recordings_folder.local, folder.path().join("recordings"));
    assert!(!voice.cache_folder.local.exists(), "loading creates no folders");
}

#[test]
fn the_time_zone_of_a_script_is_that_of_the_daemons_file_unless_it_has_its_own() {
    let folder = ConfigFolder::with_scripts(&[
        ("default", "[prompt]\nplay = 'switch:hello'"),
        ("own", "[prompt]\nplay = 'switch:hello'\n[voice]\ntimezone = 'Asia/Kolkata'"),
    ]);
    folder.daemon_file("[speech]\ntimezone = 'Europe/Berlin'");
    let scripts = folder.load().unwrap().library.scripts.clone();
    let zone = |name: &str| match &scripts[name].timezone {
        ScriptTimezone::Configured(zone) => zone.iana_name().map(str::to_owned),
        ScriptTimezone::Host(_) => None,
    };
    assert_eq!(zone("default").as_deref(), Some("Europe/Berlin"));
    assert_eq!(zone("own").as_deref(), Some("Asia/Kolkata"));
}

#[test]
fn a_time_zone_that_does_not_exist_is_answered_with_that_of_the_city() {
    let folder = ConfigFolder::new();
    for (name, similar) in [("Berlin", "Europe/Berlin"), ("new york", "America/New_York")] {
        folder.daemon_file(format!("[speech]\ntimezone = '{name}'"));
        let errors = folder.load().unwrap_err().to_string();
        let help = format!("did you mean \"{similar}\"?");
        assert!(errors.contains(&help), "{errors}");
    }
}

const ALL: &str = r#"
    [speech]
    say      = { engine = "http", url = "https://api.example/v1/audio/speech?x=1", model = "tts-1", voice = "alloy", headers = { Authorization = "Bearer {secret.KEY}", X-Plain = "a {{b}}" } }
    fallback = { engine = "switch", name = "flite", voice = "kal", language = "en-GB", speed = 0.5 }
    listen   = { engine = "vosk", url = "wss://vosk.example/" }
    timeout  = "2s"
    at_once  = 8
    rate     = 16000
    cache_bytes = 2000000
    [speech.engines.deep]
    engine   = "command"
    command  = ["/bin/sh", "-c", "{ say {out} }", "{wpm}", '{"a": 1}']
    language = "de"
    speed    = 2
    [folders]
    cache = "made"
    cache_on_switch = "/mnt/made"
    recordings = "/var/tmp/recordings"
    [sound_server]
    listen = "10.0.0.5:8085"
    allow  = ["10.0.0.7"]
"#;

#[test]
fn every_key_of_speech_is_read() {
    let folder = ConfigFolder::new();
    folder.file("secrets/KEY", "s3cret\n").daemon_file(ALL);
    let config = folder.config();
    let voice = &config.daemon.voice;
    let say = voice.default_engine.as_ref().unwrap();
    let TtsBackend::Http(service) = &say.backend else { panic!("{say:?}") };
    assert_eq!(
        (service.url.as_str(), service.model.as_str()),
        ("https://api.example/v1/audio/speech?x=1", "tts-1")
    );
    let (name, value) = &service.headers[0];
    assert_eq!((name.as_str(), value.as_bytes()), ("authorization", &b"Bearer s3cret"[..]));
    assert!(value.is_sensitive() && !service.headers[1].1.is_sensitive());
    assert_eq!(service.headers[1].1.as_bytes(), b"a {b}");
    assert_eq!((say.name.as_str(), say.voice.as_deref()), ("say (api.example)", Some("alloy")));
    assert!(!format!("{:?}", config.daemon.voice).contains("s3cret"));
    let fallback = voice.fallback_engine.as_ref().unwrap();
    assert!(matches!(&fallback.backend, TtsBackend::Switch(name) if name == "flite"));
    assert_eq!((&*fallback.language, fallback.speed), ("en-GB", SpeakingRate(50)));
    let deep = &voice.named_engines["deep"];
    let TtsBackend::Command(program) = &deep.backend else { panic!("{deep:?}") };
    assert_eq!((program.executable.as_str(), program.arguments.len()), ("/bin/sh", 4));
    assert_eq!((&*deep.language, deep.speed, &deep.voice), ("de", SpeakingRate(200), &None));
    let listen = voice.asr_engine.as_ref().unwrap();
    assert!(
        matches!(&listen.backend, AsrBackend::Vosk(url) if url.as_str() == "wss://vosk.example/")
    );
    assert_eq!((voice.timeout, voice.max_concurrent), (Duration::from_secs(2), 8));
    assert_eq!((voice.format, voice.max_cache_bytes), (SoundFormat::Both, 2_000_000));
    assert_eq!(voice.cache_folder.local, folder.path().join("made"));
    assert_eq!(voice.cache_folder.on_switch, Path::new("/mnt/made"));
    assert_eq!(voice.recordings_folder.on_switch, Path::new("/var/tmp/recordings"));
    let server = voice.sound_server.as_ref().unwrap();
    assert_eq!(server.listen, SocketAddr::from(([10, 0, 0, 5], 8085)));
    assert_eq!((server.url.as_str(), server.allow.len()), ("http://10.0.0.5:8085", 1));
}

/// The voice settings in a daemon's file.
fn voice(lines: &str) -> dialscript::voice::settings::VoiceSettings {
    let folder = ConfigFolder::new();
    folder.daemon_file(lines);
    folder.config().daemon.voice
}

#[test]
fn without_asterisk_only_wide_sounds_are_created() {
    let wide = "[asterisk]\nlisten = []\n[speech]\nrate = 16000\n";
    assert_eq!(voice(wide).format, SoundFormat::Wide);
    assert_eq!(voice("[speech]\nrate = 8000\n").format, SoundFormat::Narrow);
}

#[test]
fn every_kind_of_recognizer_is_read() {
    let by = |lines: &str| {
        let listen = voice(&format!("[speech]\nlisten = {{ {lines} }}\n")).asr_engine;
        let listen = listen.unwrap();
        (listen.backend.clone(), listen.name.clone())
    };
    let (command, name) = by(r#"engine = "command", command = ["/bin/cat", "{in}", "{language}"]"#);
    assert!(matches!(command, AsrBackend::Command(program) if program.arguments.len() == 2));
    assert_eq!(name, "listen (cat)");
    let http =
        r#"engine = "http", url = "http://127.0.0.1:9/v1/audio/transcriptions", model = "w""#;
    assert!(matches!(by(http).0, AsrBackend::Http(_)));
    let (switch, name) = by(r#"engine = "switch", grammar = "builtin:digits""#);
    assert_eq!(name, "listen (the switch's default)");
    let digits = |grammar: &str| grammar == "builtin:digits";
    assert!(
        matches!(switch, AsrBackend::Switch { engine, grammar } if engine.is_empty() && digits(&grammar))
    );
}

#[test]
fn the_fallback_is_the_default_engine_if_there_is_no_other() {
    let fallback = "[speech]\nfallback = { engine = 'command', command = ['/bin/cat'] }\n";
    let voice = voice(fallback);
    let say = &voice.default_engine.as_ref().unwrap().name;
    assert!(say == "fallback (cat)" || say == "say (espeak-ng)", "{say}");
}

#[test]
fn the_sound_server_needs_a_url_if_it_listens_on_all_addresses() {
    let server =
        "[sound_server]\nlisten='[::]:8085'\nallow=['10.0.0.7']\nurl='http://sounds.example/a/'\n";
    assert_eq!(voice(server).sound_server.unwrap().url, "http://sounds.example/a");
    let folder = ConfigFolder::new();
    folder.daemon_file(server.replace("url", "#url"));
    assert!(folder.errors()[0].starts_with("`url` is missing"));
    for url in
        ["http://0.0.0.0:1/", "http://a.example/?b", "http://a.example/a,b", "http://u@a.example/"]
    {
        folder.daemon_file(server.replace("http://sounds.example/a/", url));
        assert_eq!(folder.errors().len(), 1, "{url}");
    }
}

/// Runs in its own process, because all tests of a process share the environment.
#[test]
#[ignore = "run by the next test"]
fn the_folders_in_this_environment() {
    let folder = ConfigFolder::new();
    let home = Path::new("/var/cache/dialscript");
    let voice = folder.load().unwrap().daemon.voice;
    assert_eq!(
        (voice.cache_folder.local, voice.recordings_folder.local),
        (home.join("cache"), home.join("recordings"))
    );
    assert!(voice.default_engine.is_none(), "PATH is empty");
    folder.daemon_file("[folders]\ncache = 'made'\n");
    assert_eq!(folder.load().unwrap().daemon.voice.cache_folder.local, folder.path().join("made"));
    folder.script("speaks", "[prompt]\nsay = 'Hello.'\n");
    let warnings = folder.load().unwrap().warnings;
    assert!(
        warnings.iter().next().unwrap().to_string().contains("install espeak-ng"),
        "{warnings:?}"
    );
}

#[test]
fn the_cache_directory_of_systemd_and_path_are_used() {
    let environment = [
        ("CACHE_DIRECTORY", "/var/cache/dialscript:/var/cache/other"),
        ("PATH", "/no/such/folder"),
    ];
    run_test(module_path!(), "the_folders_in_this_environment", &environment);
}

#[test]
fn a_missing_program_is_a_warning_with_its_position() {
    let folder = ConfigFolder::new();
    let file = "[speech]\nsay = { engine = 'command', command = ['/no/such/program'] }\n";
    folder.daemon_file(file).script("a", "[prompt]\nsay = 'Hello.'\n");
    let config = folder.config();
    let rendered = config.warnings.render(false);
    assert!(
        rendered.starts_with("warning: the program `/no/such/program` does not exist\n"),
        "{rendered}"
    );
    assert!(rendered.contains("dialscript.toml:2:40"), "{rendered}");
    assert_eq!(config.warnings.iter().count(), 1, "{rendered}");
    let line = config.warnings.iter().next().unwrap().to_string();
    assert!(
        line.contains("dialscript.toml:2: the program `/no/such/program` does not exist"),
        "{line}"
    );
}

#[test]
fn check_and_serve_show_a_warning_and_continue() {
    let folder = ConfigFolder::new();
    let file = "[asterisk]\nlisten = ['127.0.0.1:0']\n[freeswitch]\nlisten = []\n\
                [speech]\nsay = { engine = 'command', command = ['/no/such/program'] }\n";
    folder.daemon_file(file).script("a", "[prompt]\nsay = 'Hello.'\n");
    let checked = ProgramResult::from_output(folder.program("check").output().unwrap());
    let reported = &checked.errors;
    assert!(
        checked.code == 0
            && reported.starts_with("warning: the program `/no/such/program` does not exist"),
        "{reported}"
    );
    assert_eq!(checked.output, "1 script, no errors\n");
    let mut serving = folder.program("serve").stderr(Stdio::piped()).spawn().unwrap();
    let log = BufReader::new(serving.stderr.take().unwrap());
    let until_it_serves: Vec<_> =
        log.lines().map(Result::unwrap).take_while(|line| !line.contains("serving")).collect();
    serving.kill().unwrap();
    serving.wait().unwrap();
    let warned = until_it_serves
        .iter()
        .filter(|line| line.contains("the program `/no/such/program` does not exist"));
    assert_eq!(warned.count(), 1, "{until_it_serves:#?}");
    assert!(folder.path().join("cache").is_dir());
}

#[test]
fn a_script_with_speech_but_no_recognizer_is_a_warning() {
    let folder = ConfigFolder::new();
    folder.script("a", "[speech]\nlanguage = 'en'\n[no_input]\n");
    let warnings = folder.load().unwrap().warnings;
    assert_eq!(warnings.iter().count(), 1);
    assert!(warnings.render(false).contains("a.toml:1:1"), "{}", warnings.render(false));
    folder.daemon_file("[speech]\nlisten={engine='vosk', url='ws://127.0.0.1:2700'}\n");
    assert!(folder.load().unwrap().warnings.is_empty());
}

#[test]
fn a_sensitive_value_in_a_text_is_a_warning_if_the_switch_fetches_sounds() {
    let folder = ConfigFolder::new();
    let engine = "[speech]\nsay = { engine = 'command', command = ['cat'] }\n";
    let server = "[sound_server]\nlisten = '127.0.0.1:8085'\n";
    let warned = |outcome: &str, sensitive: bool, daemon: &str| {
        let keypress = format!("[keypress]\nsensitive = {sensitive}\n[no_input]\n");
        folder.script("a", &format!("{keypress}[otherwise]\nthen = 'script b'\n"));
        folder.script("b", &format!("{keypress}[otherwise]\nsay = '{outcome}'\n"));
        folder.daemon_file(daemon);
        folder.load().unwrap().warnings.render(false).contains("the switch keeps the sound")
    };
    let both = format!("{engine}{server}");
    for value in ["{keypress}", "{digits:input}", "{a.keypress}"] {
        assert!(warned(value, true, &both), "{value}");
        assert!(!warned(value, false, &both) && !warned(value, true, engine), "{value}");
    }
    assert!(!warned("{caller}", true, &both));
}

#[test]
fn folders_are_created_only_if_a_script_needs_them() {
    let folder = ConfigFolder::new();
    folder.script("plain", "[otherwise]\nplay = 'switch:beep'\nthen = 'hangup'\n");
    let config = folder.load().unwrap();
    assert_eq!(config.create_folders(), Vec::<String>::new());
    assert!(
        !config.daemon.voice.cache_folder.local.exists()
            && !config.daemon.voice.recordings_folder.local.exists()
    );
    folder.script("speaks", "[otherwise]\nplay = 'https://a.example/a.mp3'\n");
    let config = folder.load().unwrap();
    assert_eq!(config.create_folders(), Vec::<String>::new());
    assert!(
        config.daemon.voice.cache_folder.local.is_dir()
            && !config.daemon.voice.recordings_folder.local.exists()
    );
    folder.script("hears", "[speech]\nlanguage='en'\n[no_input]\n");
    assert_eq!(folder.load().unwrap().create_folders(), Vec::<String>::new());
    let recordings = folder.at("recordings");
    assert_eq!(fs::metadata(&recordings).unwrap().permissions().mode() & 0o007, 0);
    fs::remove_dir(recordings).unwrap();
    folder.file("recordings", "a file").script("hears", "[speech]\nlanguage='en'\n[no_input]\n");
    let reported = folder.load().unwrap().create_folders();
    assert!(reported.len() == 1 && reported[0].contains("`recordings`"), "{reported:?}");
}
