//! Scripts: what a script file means, and how a call runs through it.
//!
//! Only [`run`](mod@run) is asynchronous. It uses only the traits [`Channel`](crate::channel::Channel),
//! [`TriggerClient`](request::TriggerClient) and [`VoiceService`](voice::VoiceService), no sockets and no HTTP client.
//! So a test can run whole calls with tokio's paused clock.

pub mod activity;
pub mod answer;
pub mod answer_part;
pub mod branch;
pub mod branch_context;
mod call_end;
mod call_language;
pub mod call_state;
pub mod condition;
pub mod currency;
pub mod decimal;
pub mod definition;
pub(crate) mod destination;
pub(crate) mod earlier_matchers;
pub mod empty_placeholders;
pub mod escape;
mod fixed_sounds;
mod hold_media;
pub(crate) mod input_check;
mod kept_answer;
pub(crate) mod language_code;
pub mod matcher;
mod number_signs;
pub mod numeric;
pub mod observed_channel;
pub(crate) mod outcome_language;
pub mod path;
pub(crate) mod pattern;
mod prompt_sounds;
pub mod report;
pub mod request;
pub mod run;
mod separated_digits;
mod spelling;
mod spoken_value;
pub mod subject;
pub mod template;
pub mod timezone;
mod unicode_digits;
pub mod voice;
pub(crate) mod when;
mod word_language;
mod written_number;
