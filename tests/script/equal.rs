//! The same script gives the same call on Asterisk and on FreeSWITCH.
//!
//! Each row has a script, and keys, utterances, answers and hang-ups with their times. A row runs through both drivers,
//! each on its own fake switch, in memory and with a paused clock. Both calls must have the same outcome, requests,
//! variables, exit, digits, sounds, utterances and engine requests, and these must be as the row says. The engines are
//! fakes: a text becomes a sound with the text as its name, and a recording has the transcript that the row gives. The
//! recording must contain the whole utterance.
//!
//! FreeSWITCH reports a key up to 40 ms after its release. It starts the first speech question of a call up to 100 ms
//! later than Asterisk. So no row tests what happens within 100 ms of a limit. Times in questions and waits may differ
//! by less than 250 ms.
//!
//! What can not be compared:
//!
//! - Values with `{`, `[`, `}` or `]`. The FreeSWITCH driver stores them as parentheses, because FreeSWITCH evaluates
//!   variables.
//! - Destinations with another priority than 1, and destinations that do not exist. FreeSWITCH has no priorities and
//!   cannot look up a destination.
//! - Variables that are set after the caller hung up. FreeSWITCH does not accept them, so only earlier ones are
//!   compared.
//! - `{call_id}` and `{channel}`, which differ between the switches.
//! - Synthesizers and recognizers of the switch. Asterisk has no text-to-speech of its own, and no fake recognizes
//!   speech. With `engine = "switch"` the rows test a missing engine.
//! - The reason why a switch can not recognize or record, which has different words. Only its presence is compared.
//! - The last 200 ms before a key that ends a recording. Asterisk cuts them off.
//! - Keys during digits or letters that the switch speaks without barge-in. Asterisk cuts the character short.
//! - Speech after a shutdown of the daemon or after the call limit. A recording of Asterisk continues.

pub(crate) mod call;
pub(crate) mod observed;
pub(crate) mod switches;
pub(crate) mod upstream;

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

mod activities;
mod amounts;
mod answers;
mod conditions;
mod digits;
mod ends;
mod keys;
mod languages;
mod listening;
mod outcomes;
mod speaking;
mod waiting;
