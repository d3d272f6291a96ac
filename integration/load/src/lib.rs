//! Measures what a call costs dialscript, a bare server, and servers that are written with a library.
//!
//! The program `calls` simulates the switches and the web application. Each other program is a server.

pub mod shop;
pub mod transcript;
