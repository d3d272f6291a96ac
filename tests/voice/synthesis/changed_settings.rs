//! Engines with changed settings share the stored sounds with the first engines.

use std::sync::Arc;

use dialscript::voice::VoiceEngines;
use dialscript::voice::settings::VoiceSettings;
use dialscript::web::client::{HttpClient, HttpClientSettings};

use crate::voice::synthesis::setup::SynthesisSetup;
use crate::voice::synthesis::{length, render_if_cached, render_sound, text_request};

fn client() -> Arc<HttpClient> {
    Arc::new(HttpClient::new(&HttpClientSettings::default()).unwrap())
}

#[tokio::test]
async fn another_engine_speaks_and_calls_with_the_first_engines_continue_with_them() {
    let (setup, first) = SynthesisSetup::with_engine();
    let client = client();
    let before = VoiceEngines::new(setup.settings.clone(), client.clone(), None);
    assert_eq!(length(&render_sound(&before, text_request("Good day.")).await), 100);
    let other = setup.engine("other", 200, "cat \"$tone\"");
    let settings =
        VoiceSettings { default_engine: Some(other.tts_engine()), ..setup.settings.clone() };
    let after = before.with_settings(settings, client).unwrap();
    assert_eq!(length(&render_sound(&after, text_request("Good day.")).await), 200);
    assert_eq!(length(&render_sound(&before, text_request("Good night.")).await), 100);
    assert_eq!((first.runs(), other.runs()), (2, 1));
    assert_eq!(setup.sounds(), 3);
}

#[tokio::test]
async fn stored_sounds_are_used_when_other_settings_change() {
    let (setup, engine) = SynthesisSetup::with_engine();
    let client = client();
    let before = VoiceEngines::new(setup.settings.clone(), client.clone(), None);
    render_sound(&before, text_request("Good day.")).await;
    let settings = VoiceSettings { max_concurrent: 1, ..setup.settings.clone() };
    let after = before.with_settings(settings, client).unwrap();
    assert!(render_if_cached(&after, text_request("Good day.")).is_some());
    render_sound(&after, text_request("Good day.")).await;
    assert_eq!(engine.runs(), 1);
}

#[tokio::test]
async fn without_a_change_the_first_engines_stay() {
    let (setup, _) = SynthesisSetup::with_engine();
    let client = client();
    let engines = VoiceEngines::new(setup.settings.clone(), client.clone(), None);
    assert!(engines.with_settings(setup.settings.clone(), client).is_none());
    assert!(engines.with_settings(setup.settings.clone(), self::client()).is_some());
}
