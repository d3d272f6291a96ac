//! Requests over HTTP: one client for hosts that the operator names, one for hosts that values decide.

pub mod client;
pub mod egress;
