//! The widget: what a script file means, and one call through it.
//!
//! Pure but for `run`, which is async over [`Channel`](crate::channel::Channel) and [`Triggers`](request::Triggers): no
//! socket, no clock of its own, no HTTP client, no log.

pub mod answer;
pub mod branch;
pub mod definition;

pub mod destination;
pub mod escape;
pub mod input;
pub mod memory;
pub mod path;
pub mod report;
pub mod request;
pub mod run;

pub mod template;
