//! The same script gives the same call on Asterisk and on FreeSWITCH: each row is a script as users write it, keys,
//! utterances, answers and hang-ups at their times. It is run through both drivers, each on its own fake switch, in memory
//! and with a paused clock; outcome, requests, variables, the way on, digits, what was heard and said, and what engines
//! were asked must be equal, and as the row says. The engines are ours: a text becomes a sound of its name, and what is
//! recorded is understood as the row says, from a recording that holds all that was spoken.
//!
//! FreeSWITCH tells a key up to 40 ms after it was released, and begins a call's first question with speech up to 100 ms
//! later, so no row asks what happens within 100 ms of an edge; times in questions and waits are equal to 250 ms.
//!
//! What can not be asked of both:
//!
//! - values with `{`, `[`, `}` or `]`, which FreeSWITCH's driver stores as parentheses, since variables there are
//!   evaluated wherever somebody writes their names;
//! - destinations with a priority, and places that are not there: FreeSWITCH has no priorities, and no way to look;
//! - variables that are set after a hang-up by the caller, which FreeSWITCH does not take: of such a call those are
//!   compared that were set before;
//! - `{call_id}` and `{channel}`, which each switch makes up;
//! - what an engine of the switch speaks or recognises: Asterisk has no text-to-speech of its own, and neither fake recognises any, so of
//!   `engine = "switch"` the rows have what comes of an engine that is not there;
//! - why a switch can not listen or record, which each says in its own words: that there is a reason is compared;
//! - the last 200 ms before a key that ends a recording, which Asterisk cuts off;
//! - keys in digits or letters that the switch says itself where no key may end them: Asterisk cuts the sign short;
//! - what is said after a stop of the daemon, or the end of the longest call: a recording of Asterisk's goes on.

mod call;
mod observed;
mod switches;
mod upstream;

/// Rows of the table: each is a test.
macro_rules! rows {
    ($($name:ident: $call:expr;)*) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                $call.assert_same_on_both_switches().await;
            }
        )*
    };
}

mod answers;
mod digits;
mod ends;
mod listening;
mod outcomes;
mod speaking;
mod waiting;
