//! The control socket: who gets at it, and what peers that misbehave come to.

mod conversations;
mod handler;
mod socket;
