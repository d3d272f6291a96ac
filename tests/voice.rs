//! Speech and sounds: text-to-speech, speech recognition, conversion, and the server from which switches fetch sounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod voice {
    mod audio;
    mod recognition;
    mod sound_server;
    mod synthesis;
}
