//! What the typed values mean; everything else is a fault.

pub(super) mod branch;
pub(super) mod caching;
pub(super) mod cause;
pub(super) mod keypress;
pub(super) mod music;
pub(super) mod outcome;
pub(super) mod playlist;
pub(super) mod reachable;
pub(super) mod request;
mod sameness;
pub(super) mod scope;
pub(super) mod script;
pub(super) mod speech;
pub(super) mod then;
pub(super) mod trigger;
pub(super) mod url;

use super::engine_params as name;
