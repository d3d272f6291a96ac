//! Texts and URLs into sounds: by engines that a test makes fail, and from a web server that does whatever a bad one does.

use std::path::PathBuf;

use dialscript::channel::Sound;
use dialscript::script::template::Filled;
use dialscript::script::voice::{Made, Manner, Mute, Voice, Wanted};
use dialscript::voice::Engines;

mod engine;
mod engines;
mod fetch;
mod folder;
mod log;
mod prepare;
mod service;
mod setup;
mod single_flight;

fn said(text: &str) -> Wanted {
    said_as(text, Manner::default())
}

fn said_as(text: &str, manner: Manner) -> Wanted {
    Wanted::Text { text: Filled::open(text.to_owned()), manner: manner.into() }
}

fn hidden(text: &str) -> Wanted {
    Wanted::Text { text: Filled::hidden(text.to_owned()), manner: Manner::default().into() }
}

/// A URL of a script.
fn at(url: &str) -> Wanted {
    Wanted::Url { url: Filled::open(url.to_owned()), decides_host: false }
}

async fn make(engines: &Engines, wanted: Wanted) -> Result<Made, Mute> {
    engines.make(wanted, false).await
}

/// Made, or there.
async fn made(engines: &Engines, wanted: Wanted) -> Made {
    make(engines, wanted).await.expect("a sound")
}

async fn mute(engines: &Engines, wanted: Wanted) -> String {
    match make(engines, wanted).await {
        Ok(made) => panic!("{:?}", made.sound),
        Err(Mute(reason)) => reason,
    }
}

/// What is there without waiting.
fn at_once(engines: &Engines, wanted: Wanted) -> Option<Result<Made, Mute>> {
    futures_util::FutureExt::now_or_never(engines.make(wanted, false))
}

fn file(made: &Made) -> PathBuf {
    match &made.sound {
        Sound::File(path) => PathBuf::from(&**path),
        other => panic!("{other:?}"),
    }
}

/// How long the made file is heard, in milliseconds.
fn length(made: &Made) -> u32 {
    let wav = hound::WavReader::open(file(made)).expect("a WAV");
    assert_eq!((wav.spec().channels, wav.spec().sample_rate), (1, 8000));
    wav.duration() / 8
}
