//! What the tests of several binaries share.
#![allow(dead_code, unreachable_pub, reason = "no binary needs all of it")]

pub(crate) mod data;
pub(crate) mod folder;
pub(crate) mod log;
pub(crate) mod redis;
pub(crate) mod voice;
pub(crate) mod web;
