//! Speech into words, by engines that do what engines do: work, hang, crash, or say too much.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "hearing/cancelled.rs"]
mod cancelled;
#[path = "hearing/command.rs"]
mod command;
#[path = "hearing/ear.rs"]
mod ear;
#[path = "hearing/http.rs"]
mod http;
#[path = "hearing/log.rs"]
mod log;
mod overheard;
#[path = "hearing/program.rs"]
mod program;
#[path = "hearing/recordings.rs"]
mod recordings;
#[path = "hearing/room.rs"]
mod room;
#[path = "hearing/vosk.rs"]
mod vosk;
mod web;
