//! `language` of an outcome, and voices by language.

use dialscript::script::voice::SoundRequest;

use crate::support::config_folder::ConfigFolder;

/// A menu: 1 goes on with the script `next`, in the language of the test.
fn menu(language: &str, more: &str) -> String {
    format!(
        "[keypress]\nlength=1\n[[branch]]\nwhen='1'\nlanguage='{language}'\nthen='script next'\n{more}\n[no_input]\n"
    )
}

const PROGRAM: &str = "{ engine='command', command=['/bin/sh', '{voice}']";

/// The warnings about a menu with this language and these lines, and a script that follows it.
fn warnings(folder: &ConfigFolder, language: &str, more: &str, next: &str) -> Vec<String> {
    folder.script("menu", &menu(language, more)).script("next", next);
    let warnings = folder.config().warnings;
    warnings.iter().map(|w| format!("{} | {}", w.message, w.help.as_deref().unwrap())).collect()
}

fn folder(daemon_file: &str) -> ConfigFolder {
    let folder = ConfigFolder::new();
    folder.daemon_file(daemon_file);
    folder
}

const NOTHING: [&str; 0] = [];

#[test]
fn the_language_of_an_outcome_is_read_in_the_form_of_engines() {
    let folder = ConfigFolder::new();
    for (given, language) in [("de", "de"), ("pt_BR", "pt-BR"), ("de-AT", "de-AT")] {
        folder.script("menu", &menu(given, "")).script("next", "[otherwise]\n");
        let outcome = folder.loaded("menu").branches[0].outcome.clone();
        assert_eq!(outcome.language.as_deref(), Some(language));
    }
    folder.script("menu", "[otherwise]\n");
    assert_eq!(folder.loaded("menu").otherwise.language, None);
}

#[test]
fn a_language_that_is_none_is_reported_with_what_to_write() {
    let folder = ConfigFolder::new();
    let errors = |outcome: &str| {
        folder.script("menu", &format!("[otherwise]\n{outcome}\n"));
        folder.errors()
    };
    let placeholder = "placeholders do not work in `language` | write a [[branch]] for each language, such as \
                       `when = \"de\"` and `language = \"de\"`";
    assert_eq!(errors("language='{$data.language}'"), [placeholder]);
    let name = "not a valid name | use only letters, digits and _ + . -, starting with a letter or a digit";
    assert_eq!(errors("language='-de'"), [name]);
    let function =
        "not a valid name of a channel variable | write `language = \"de\"`, beside `set`";
    assert_eq!(errors("set={ 'CHANNEL(language)' = 'de' }"), [function]);
    let foreign = "unknown key `lang` in [otherwise] | the language of the call is `language`";
    assert_eq!(errors("lang='de'"), [foreign]);
    folder.script("menu", "[prompt]\nlanguage='de'\n");
    let prompt = "unknown key `language` in [prompt] | the language of texts belongs in [voice], and the language of \
                  the call in an outcome";
    assert_eq!(folder.errors(), [prompt]);
    folder.script("menu", "[otherwise]\nlanguage='german'\n");
    let warnings: Vec<_> = folder.config().warnings.iter().map(|w| w.message.clone()).collect();
    assert_eq!(warnings, ["`german` is not the code of a language"]);
}

#[test]
fn an_engine_without_a_voice_for_the_language_is_reported_where_a_text_is_spoken_by_it() {
    let folder =
        folder(&format!("[speech]\nsay={PROGRAM}, voice='amy', voices={{ fr='marie' }} }}\n"));
    let silent = "the engine say (sh) may have no voice for `de` | add the name of one to the engine: \
                  `voices = { de = \"...\" }`";
    let says = "[prompt]\nsay='Guten Tag'\n[otherwise]\n";
    let quiet = "[otherwise]\n";
    assert_eq!(warnings(&folder, "de", "", says), [silent]);
    assert_eq!(warnings(&folder, "de", "say='Hallo'", quiet), [silent]);
    assert_eq!(warnings(&folder, "de", "", quiet), NOTHING);
    for known in ["fr", "fr-CA", "en-GB"] {
        assert_eq!(warnings(&folder, known, "say='Hallo'", says), NOTHING, "{known}");
    }
    let in_french = format!("{says}[voice]\nlanguage='fr'\n");
    assert_eq!(warnings(&folder, "de", "", &in_french), NOTHING);
}

#[test]
fn an_engine_that_gets_the_language_needs_no_voice_for_it() {
    let says = "[prompt]\nsay='Guten Tag'\n[otherwise]\n";
    for engine in [
        "{ engine='command', command=['/bin/sh', '{voice}'] }",
        "{ engine='command', command=['/bin/sh', '{language}'], voice='amy' }",
    ] {
        let folder = folder(&format!("[speech]\nsay={engine}\n"));
        assert_eq!(warnings(&folder, "de", "", says), NOTHING, "{engine}");
    }
    for engine in [
        "{ engine='command', command=['/bin/sh', 'amy'] }",
        "{ engine='http', url='http://127.0.0.1/', model='tts-1', voice='alloy' }",
    ] {
        let folder = folder(&format!("[speech]\nsay={engine}\n"));
        assert_eq!(warnings(&folder, "de", "", says).len(), 1, "{engine}");
    }
}

#[test]
fn a_sound_that_is_heard_in_another_language_is_reported() {
    let folder = folder("");
    folder.sound("en/hello.wav").sound("de/menu/main.wav").sound("beep.wav");
    let foreign = "the sound `hello` is heard in another language than `de` | add it: `dialscript sounds import \
                   --language de --name hello FILE`";
    let plays = "[prompt]\nplay=['menu/main', 'beep', 'hello']\n[otherwise]\n";
    assert_eq!(warnings(&folder, "de", "", plays), [foreign]);
    assert_eq!(warnings(&folder, "de", "play='hello'", "[otherwise]\n"), [foreign]);
    assert_eq!(warnings(&folder, "de", "play=['menu/main', 'beep']", "[otherwise]\n"), NOTHING);
    folder.sound("hello.wav");
    assert_eq!(warnings(&folder, "de", "", plays), NOTHING);
}

#[test]
fn a_library_without_a_folder_for_the_language_is_reported_unless_it_is_that_of_the_engine() {
    let folder = folder("");
    folder.sound("hello.wav");
    let none = "the library has no folder of sounds for `de` | add the sounds: `dialscript sounds import --language de \
                FILE`; if those without a language are meant, create an empty folder";
    let plays = "[prompt]\nplay='hello'\n[otherwise]\n";
    assert_eq!(warnings(&folder, "de", "", plays), [none]);
    assert_eq!(warnings(&folder, "en", "", plays), NOTHING);
    assert_eq!(
        warnings(&folder, "de", "", "[prompt]\nplay='switch:hello'\n[otherwise]\n"),
        NOTHING
    );
    folder.sound("de/other.wav");
    assert_eq!(warnings(&folder, "de", "", plays), NOTHING);
    assert_eq!(warnings(&folder, "de-AT", "", plays), NOTHING);
}

#[test]
fn spoken_numbers_in_a_language_that_is_not_supported_are_reported() {
    let folder = folder("[speech]\nlisten={ engine='vosk', url='ws://127.0.0.1:2700' }\n");
    let asks = "[speech]\nfilter='numeric'\n[no_input]\n";
    let unsupported = "spoken numbers in `pl` are not supported, and the script `next` asks for them | callers can \
                       enter them by [keypress] there";
    assert_eq!(warnings(&folder, "pl", "", asks), [unsupported]);
    assert_eq!(warnings(&folder, "de", "", asks), NOTHING);
    assert_eq!(
        warnings(&folder, "pl", "", "[speech]\nlanguage='en'\nfilter='numeric'\n[no_input]\n"),
        NOTHING
    );
    assert_eq!(warnings(&folder, "pl", "", "[speech]\n[no_input]\n"), NOTHING);
}

#[test]
fn fixed_texts_are_prepared_in_each_language_that_the_call_can_have() {
    let folder = ConfigFolder::new();
    folder
        .script(
            "menu",
            &menu("de", "say='Hallo'\n[[branch]]\nwhen='2'\nlanguage='fr'\nthen='script last'"),
        )
        .script("next", "[prompt]\nsay='Welcome'\n[otherwise]\nsay='Bye'\nthen='script last'\n")
        .script(
            "last",
            "[prompt]\nsay='Done'\n[voice]\nspeed=1.5\n[otherwise]\nlanguage='es'\nsay='Fin'\n",
        )
        .script("own", "[prompt]\nsay='Own'\n[voice]\nlanguage='it'\n[otherwise]\n");
    let library = folder.config().library;
    let text = |request: SoundRequest| match request {
        SoundRequest::Text { text, voice_params } => {
            format!("{} {}", text.text(), voice_params.language.as_deref().unwrap_or("-"))
        }
        SoundRequest::Url { .. } => unreachable!(),
    };
    let texts: Vec<_> = library.fixed_sounds().map(text).collect();
    let all = [
        "Done -",
        "Done de",
        "Done fr",
        "Fin es",
        "Hallo de",
        "Welcome -",
        "Welcome de",
        "Bye -",
        "Bye de",
        "Own it",
    ];
    assert_eq!(texts, all);
}
