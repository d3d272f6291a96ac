//! Speech into words, by engines that do what engines do: work, hang, crash, or say too much.

mod cancelled;
mod command;
mod ear;
mod http;
mod log;
mod program;
mod recordings;
mod room;
mod vosk;
