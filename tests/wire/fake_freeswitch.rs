//! The fake FreeSWITCH against transcripts of a real one, with a paused clock, and against the real driver.

mod calls;
mod driver;
mod framing;
mod replay;
mod session;
mod speech;
