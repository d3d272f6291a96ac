//! Sounds from texts and URLs, with engines and a web server that a test can make fail.

use std::path::PathBuf;

use dialscript::channel::Sound;
use dialscript::script::template::RedactedText;
use dialscript::script::voice::{
    RenderedSound, SoundError, SoundRequest, VoiceParams, VoiceService,
};
use dialscript::voice::VoiceEngines;

mod changed_settings;
mod engine;
mod engines;
mod fetch;
mod folder;
mod language;
mod log;
mod prepare;
mod sensitive;
mod service;
mod setup;
mod single_flight;
mod two_processes;

fn text_request(text: &str) -> SoundRequest {
    text_request_with(text, VoiceParams::default())
}

fn text_request_with(text: &str, params: VoiceParams) -> SoundRequest {
    SoundRequest::Text { text: RedactedText::public(text.to_owned()), voice_params: params.into() }
}

fn sensitive_text_request(text: &str) -> SoundRequest {
    SoundRequest::Text {
        text: RedactedText::sensitive(text.to_owned()),
        voice_params: VoiceParams::default().into(),
    }
}

/// A URL that is written in a script.
fn url_request(url: &str) -> SoundRequest {
    SoundRequest::Url { url: RedactedText::public(url.to_owned()), decides_host: false }
}

async fn try_render(
    engines: &VoiceEngines,
    wanted: SoundRequest,
) -> Result<RenderedSound, SoundError> {
    engines.render(wanted, false).await
}

/// Rendered or cached.
async fn render_sound(engines: &VoiceEngines, wanted: SoundRequest) -> RenderedSound {
    try_render(engines, wanted).await.expect("a sound")
}

async fn sound_error(engines: &VoiceEngines, wanted: SoundRequest) -> String {
    match try_render(engines, wanted).await {
        Ok(made) => panic!("{:?}", made.sound),
        Err(SoundError(reason)) => reason,
    }
}

/// The result if it is ready without waiting.
fn render_if_cached(
    engines: &VoiceEngines,
    wanted: SoundRequest,
) -> Option<Result<RenderedSound, SoundError>> {
    futures_util::FutureExt::now_or_never(engines.render(wanted, false))
}

fn file(made: &RenderedSound) -> PathBuf {
    match &made.sound {
        Sound::File(path) => PathBuf::from(&**path),
        other => panic!("{other:?}"),
    }
}

/// The length of the sound in milliseconds.
fn length(made: &RenderedSound) -> u32 {
    let wav = hound::WavReader::open(file(made)).expect("a WAV");
    assert_eq!((wav.spec().channels, wav.spec().sample_rate), (1, 8000));
    wav.duration() / 8
}
