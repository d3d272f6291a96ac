//! skeleton; the map comes with the rooms.
pub mod agi;
pub mod channel;
pub mod script;
pub mod trigger;
