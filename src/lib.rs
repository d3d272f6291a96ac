//! skeleton; the map comes with the rooms.
pub mod agi;
pub mod channel;
pub mod cli;
pub mod config;
pub mod script;
