//! The daemon's file as it was typed.

pub(crate) mod daemon;
pub(crate) mod speech;
pub(crate) mod upstream;
