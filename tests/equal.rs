//! The same script gives the same call on Asterisk and on FreeSWITCH: each row is a script as users write it, keys,
//! answers and hang-ups at their times. It is run through both drivers, each on its own fake switch, in memory and with a
//! paused clock; outcome, requests, variables, the way on, digits and what was heard must be equal, and as the row says.
//!
//! FreeSWITCH tells a key up to 40 ms after it was released, so no row asks what happens within 100 ms of an edge.
//!
//! What can not be asked of both:
//!
//! - values with `{`, `[`, `}` or `]`, which FreeSWITCH's driver stores as parentheses, since variables there are
//!   evaluated wherever somebody writes their names;
//! - destinations with a priority, and places that are not there: FreeSWITCH has no priorities, and no way to look;
//! - variables that are set after a hang-up by the caller, which FreeSWITCH does not take: of such a call those are
//!   compared that were set before;
//! - `{call_id}` and `{channel}`, which each switch makes up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod engines;

#[path = "equal/call.rs"]
mod call;
#[path = "equal/seen.rs"]
mod seen;
#[path = "equal/switches.rs"]
mod switches;
#[path = "equal/web.rs"]
mod web;

/// Rows of the table: each is a test.
macro_rules! rows {
    ($($name:ident: $call:expr;)*) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                $call.is_the_same_on_both().await;
            }
        )*
    };
}

#[path = "equal/answers.rs"]
mod answers;
#[path = "equal/digits.rs"]
mod digits;
#[path = "equal/ends.rs"]
mod ends;
#[path = "equal/outcomes.rs"]
mod outcomes;
