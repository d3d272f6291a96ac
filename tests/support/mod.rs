//! Code that several test binaries share.
#![allow(dead_code, reason = "no test binary uses all of it")]

pub(crate) mod acl;
pub(crate) mod config_folder;
pub(crate) mod data;
pub(crate) mod fake_redis;
pub(crate) mod fake_voice;
pub(crate) mod http_get;
pub(crate) mod log;
pub(crate) mod net;
pub(crate) mod otlp_spans;
pub(crate) mod own_process;
pub(crate) mod phone_log;
pub(crate) mod program;
pub(crate) mod wait;
pub(crate) mod wav;
pub(crate) mod web;
