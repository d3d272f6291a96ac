//! Speech recognition by engines that work, hang, crash, or write too much.

mod cancelled;
mod command;
mod http;
mod log;
mod program;
mod recognizer;
mod recordings;
mod setup;
mod vosk;
