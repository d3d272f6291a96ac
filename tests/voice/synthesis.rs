//! Texts and URLs into sounds: by engines that a test makes fail, and from a web server that does whatever a bad one does.

use std::path::PathBuf;

use dialscript::channel::Sound;
use dialscript::script::template::RedactedText;
use dialscript::script::voice::{
    RenderedSound, SoundError, SoundRequest, VoiceParams, VoiceService,
};
use dialscript::voice::VoiceEngines;

mod engine;
mod engines;
mod fetch;
mod folder;
mod log;
mod prepare;
mod service;
mod setup;
mod single_flight;

fn said(text: &str) -> SoundRequest {
    said_as(text, VoiceParams::default())
}

fn said_as(text: &str, manner: VoiceParams) -> SoundRequest {
    SoundRequest::Text { text: RedactedText::public(text.to_owned()), voice_params: manner.into() }
}

fn hidden(text: &str) -> SoundRequest {
    SoundRequest::Text {
        text: RedactedText::sensitive(text.to_owned()),
        voice_params: VoiceParams::default().into(),
    }
}

/// A URL of a script.
fn at(url: &str) -> SoundRequest {
    SoundRequest::Url { url: RedactedText::public(url.to_owned()), decides_host: false }
}

async fn make(engines: &VoiceEngines, wanted: SoundRequest) -> Result<RenderedSound, SoundError> {
    engines.render(wanted, false).await
}

/// Made, or there.
async fn made(engines: &VoiceEngines, wanted: SoundRequest) -> RenderedSound {
    make(engines, wanted).await.expect("a sound")
}

async fn sound_error(engines: &VoiceEngines, wanted: SoundRequest) -> String {
    match make(engines, wanted).await {
        Ok(made) => panic!("{:?}", made.sound),
        Err(SoundError(reason)) => reason,
    }
}

/// What is there without waiting.
fn at_once(
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

/// How long the made file is heard, in milliseconds.
fn length(made: &RenderedSound) -> u32 {
    let wav = hound::WavReader::open(file(made)).expect("a WAV");
    assert_eq!((wav.spec().channels, wav.spec().sample_rate), (1, 8000));
    wav.duration() / 8
}
