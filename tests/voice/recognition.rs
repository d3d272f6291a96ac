//! Speech into words, by engines that do what engines do: work, hang, crash, or say too much.

mod cancelled;
mod command;
mod http;
mod log;
mod program;
mod recognizer;
mod recordings;
mod setup;
mod vosk;
