//! The daemon's file as it was typed.

pub(crate) mod daemon;
pub(crate) mod script;
pub(crate) mod speech;
pub(crate) mod trigger;
pub(crate) mod upstream;
pub(crate) mod waiting;
pub(crate) mod when;
