//! The script files as they were typed.

pub(crate) mod script;
pub(crate) mod trigger;
pub(crate) mod waiting;
pub(crate) mod when;
