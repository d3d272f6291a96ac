//! The control socket: who gets at it, and what peers that misbehave come to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conversations;
mod desk;
mod socket;
