//! Scripts as users write them, on a channel that a test plays: every path of a call, in milliseconds.

mod answers;
mod call;
mod chains;
mod endings;
mod music;
mod sounds;
mod speech;
