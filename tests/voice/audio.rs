//! Conversion of sound files for switches, checked by the tones in the result.

mod conversions;
mod hostile;
mod lengths;
mod tones;
