//! The widget: what a script file means, and one call through it.
//!
//! Pure but for `run`, which is async over [`Channel`](crate::channel::Channel), [`TriggerClient`](request::Triggers) and
//! [`VoiceService`](voice::Voice): no socket, no clock of its own, no HTTP client.

pub mod answer;
pub mod branch;
pub mod call_state;
pub mod decimal;
pub mod decision;
pub mod definition;
pub mod destination;
pub mod escape;
pub mod fixed_sounds;
pub mod hold_media;
pub mod input_check;
pub mod matcher;
pub mod numeric;
pub mod path;
pub mod pattern;
pub mod prompt_sounds;
pub mod report;
pub mod request;
pub mod run;
pub mod subject;
pub mod template;
pub mod voice;
pub mod when;
