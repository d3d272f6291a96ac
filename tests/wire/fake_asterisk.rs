//! The fake Asterisk, judged by what the real one was seen to do: its transcripts are played again with a paused clock.

mod driver;
mod phone;
mod replay;
mod session;
mod sound;
mod speech;
