//! The fake Asterisk against transcripts of a real one, with a paused clock.

mod driver;
mod phone;
mod replay;
mod session;
mod sound;
mod speech;
mod variables;
