//! Sound files converted to what switches play, judged by what is heard in them.

mod conversions;
mod hostile;
mod lengths;
mod tones;
