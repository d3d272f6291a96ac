//! What the daemon's file means.

pub(super) mod cache;
pub(super) mod daemon;
pub(super) mod engine;
mod identity;
mod secret;
pub(super) mod upstream;
pub(super) mod voice;
pub(super) mod watch;
