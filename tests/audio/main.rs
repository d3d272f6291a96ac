//! Sound files converted to what switches play, judged by what is heard in them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conversions;
mod hostile;
mod lengths;
mod tones;
