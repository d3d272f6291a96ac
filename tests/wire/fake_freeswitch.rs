//! The fake FreeSWITCH, judged by what the real one was seen to do: its transcripts are played again with a paused clock;
//! and by the real driver.

mod calls;
mod driver;
mod framing;
mod replay;
mod session;
mod speech;
