//! The sound library, absolute paths of sounds, and `music`.

use dialscript::channel::Sound;
use dialscript::script::definition::HoldMusicSource;

use crate::support::config_folder::ConfigFolder;

#[test]
fn sounds_of_a_language_are_found_in_its_folder() {
    let folder = ConfigFolder::new();
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
            other => format!("{other:?}"),
        };
        super::recorded(sounds, language).iter().map(name).collect()
    };
    assert_eq!(
        heard("fr"),
        ["hello.wav", "en/only.wav"],
        "the first language, if there is no file outside of language folders"
    );
    assert_eq!(heard("de_AT"), ["de/hello.wav", "en/only.wav"]);
    assert_eq!(heard("pt-br"), ["hello.wav", "pt_BR/only.gsm"]);
}

#[test]
fn music_is_a_class_unless_it_looks_like_a_sound() {
    let folder = ConfigFolder::new();
    folder.sound("wait.wav");
    let music = |typed: &str| {
        let trigger = "[trigger]\nurl='https://a.example/'\n[no_response]\n";
        folder.script("a", &trigger.replace("[no", &format!("music={typed}\n[no")));
        let config = folder.load().ok()?;
        config.library.scripts["a"].trigger.as_ref()?.hold_media.music.clone()
    };
    assert!(matches!(music("'jazz'"), Some(HoldMusicSource::Class(class)) if &*class == "jazz"));
    for sounds in ["'wait'", "['wait', 'wait']", "'switch:ring'", "'http://a.example/a.wav'"] {
        assert!(matches!(music(sounds), Some(HoldMusicSource::Sounds(_))), "{sounds}");
    }
    for error in ["'wait.wav'", "['jazz']", "''", "'http://a.example/{caller}.wav'"] {
        assert!(music(error).is_none(), "{error}");
    }
    for stream in ["local_stream://jazz-8k", "tone_stream://v=-13;%(2000,4000,440,480);loops=-1"] {
        let music = music(&format!("'{stream}'"));
        assert!(matches!(music, Some(HoldMusicSource::Class(class)) if *class == *stream));
    }
    for unsafe_stream in [
        "local_stream://",
        "local_stream://${system(id)}",
        "local_stream://a/../b",
        "local_stream://a b",
        "tone_stream://",
        "tone_stream://path=/etc/passwd",
        "tone_stream://%[a=b]",
        "tone_stream://{loops=1}%(1,2,3)",
        "shout://radio.example/a",
        "file_string://a.wav",
    ] {
        assert!(music(&format!("'{unsafe_stream}'")).is_none(), "{unsafe_stream}");
    }
}

#[test]
fn absolute_paths_are_checked_unless_the_sounds_are_on_the_switch() {
    let folder = ConfigFolder::new();
    folder.sound("hello.wav").wav("wide.wav", 1, 16000);
    let errors = |path: &str| {
        folder.script("a", &format!("[prompt]\nplay = '{path}'\n"));
        folder.errors().len()
    };
    let home = folder.path().join("sounds").display().to_string();
    assert_eq!(errors(&format!("{home}/hello.wav")), 0);
    assert_eq!(errors(&format!("{home}/wide.wav")), 1);
    assert_eq!(errors("/no/such.wav"), 1);
    folder.daemon_file("[folders]\nsounds_on_switch = '/mnt'\n");
    assert_eq!(errors("/no/such.wav"), 0);
    assert_eq!(errors("/no/such"), 1);
}
