//! The control socket: who gets at it, and what peers that misbehave come to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../sharing/fake.rs"]
#[expect(dead_code, reason = "the tests of the shared cache need more of it")]
mod fake;

mod conversations;
mod desk;
mod socket;
