//! The widget: what a script file means, and one call through it.
//!
//! Pure but for `run`, which is async over [`Channel`](crate::channel::Channel), [`Triggers`](request::Triggers) and
//! [`Voice`](voice::Voice): no socket, no clock of its own, no HTTP client.

pub mod answer;
pub mod branch;
pub mod decimal;
pub mod definition;
pub mod destination;
pub mod escape;
pub mod fixed;
pub mod input;
pub mod matcher;
pub mod memory;
pub mod music;
pub mod numeric;
pub mod path;
pub mod pattern;
pub mod report;
pub mod request;
pub mod run;
pub mod sounds;
pub mod subject;
pub mod template;
pub mod verdict;
pub mod voice;
pub mod when;
