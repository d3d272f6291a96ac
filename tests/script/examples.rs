//! The phone lines in `dialplan/examples`, played on both fake switches.
//!
//! A dialogue is a call, written line by line. Its lines are both what happens to the call and what is expected of it:
//!
//! ```text
//! hears    Please enter your four digit order number.
//! presses  4711
//! asks     GET https://shop.example/orders?id=4711
//! answers  {"status": "shipped"}
//! hears    Your order is shipped.
//! is hung up
//! ```
//!
//! | A line begins with | and goes on with |
//! | --- | --- |
//! | `calls` | the script that the dialplan hands the call to. Without it, the script with the name of the folder |
//! | `from` | the caller's number, or `withheld`. Without it, [`CALLER`](play::CALLER) |
//! | `with` | an argument of the dialplan: `NAME=VALUE` |
//! | `hears` | sounds and texts, one after the other |
//! | `presses` | the keys at one question |
//! | `says` | the words at one question that listens |
//! | `is silent` | nothing: the caller enters and says nothing until the question is over |
//! | `hangs up` | nothing: the caller hangs up 300 ms after what the line before says |
//! | `asks` | method, URL and body of a request that the call waits for. The method is left out if it is GET |
//! | `answers` | the body of the answer, after its status if that is not 200; or `nothing`, if there is no answer in time |
//! | `tells` | a request that nobody waits for, such as `[ended]`; written as with `asks` |
//! | `sets` | a variable, `NAME=VALUE`. These lines stand before the last one, in the order of their names |
//! | `goes to` | the destination: `100@agents` |
//! | `continues` | the outcome with which the dialplan continues at its next step |
//! | `is hung up` | the Q.850 cause, if it is not 16 |
//!
//! A line that begins with spaces continues the line before; with `&`, without a space between them. In an expected
//! line, `…` stands for any text. Music and variables that the daemon itself sets are left out.
//!
//! The dialogues are at two places:
//!
//! - in the page of the example, `dialplan/examples/NAME/README.md`, in blocks of the language `dialogue`: these are
//!   what readers see, so each page has one;
//! - in `tests/script/examples/NAME.rs`, all others. Each is a test.
//!
//! The scripts are read from the folder of the example. If it has a `dialscript.toml`, that is the configuration.
//! The engine of these tests speaks English, unless a script says otherwise.
//!
//! To add an example, write its folder, a file of tests here, and the line `mod NAME;` below. To see what a call does,
//! write its inputs alone, and run the test: it fails, and prints the whole dialogue.

mod dialogue;
mod observed;
mod play;

use std::fs;
use std::path::{Path, PathBuf};

use crate::script::examples::dialogue::Dialogue;
use crate::script::examples::play::difference;

/// Dialogues of one example: each is a test.
macro_rules! dialogues {
    ($example:literal; $($name:ident: $text:expr;)*) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                let dialogue = crate::script::examples::dialogue::Dialogue::read($text);
                let differs = crate::script::examples::play::difference($example, &dialogue).await;
                assert!(differs.is_none(), "{}", differs.unwrap_or_default());
            }
        )*
    };
}

mod bank;
mod callback;
mod card_payment;
mod clinic;
mod conference;
mod languages;
mod opening_hours;
mod school_absence;
mod survey;
mod tracking;
mod voicemail_pin;
mod whitelist;

/// The folder of all examples.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dialplan/examples")
}

/// The names of all examples, in order.
fn names() -> Vec<&'static str> {
    let entries = fs::read_dir(folder()).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir());
    let name = |folder: fs::DirEntry| &*folder.file_name().into_string().unwrap().leak();
    let mut names: Vec<_> = folders.map(name).collect();
    names.sort_unstable();
    names
}

/// The dialogues in the page of an example.
fn dialogues_of_page(example: &str) -> Vec<Dialogue> {
    let page = fs::read_to_string(folder().join(example).join("README.md")).unwrap();
    let blocks = page.split("```dialogue\n").skip(1);
    let texts = blocks.map(|block| block.split("```").next().unwrap().to_owned());
    texts.map(|text| Dialogue::read(text.leak())).collect()
}

#[tokio::test(start_paused = true)]
async fn the_dialogues_in_the_pages_are_what_callers_hear() {
    let mut problems = Vec::new();
    for example in names() {
        let dialogues = dialogues_of_page(example);
        if dialogues.is_empty() {
            problems.push(format!("{example}/README.md: it has no dialogue"));
        }
        for dialogue in dialogues {
            let differs = difference(example, &dialogue).await;
            problems.extend(differs.map(|text| format!("{example}/README.md: {text}")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_differs_from_its_dialogue_is_told_as_a_dialogue() {
    let dialogue =
        Dialogue::read("asks https://office.example/hours?…\nanswers open\ngoes to 101@reception");
    let difference = difference("opening-hours", &dialogue).await.unwrap();
    let asked =
        "    asks     https://office.example/hours?number=7000\n    goes to  100@reception\n";
    assert!(difference.contains(asked), "{difference}");
}

#[test]
fn each_example_has_tests_of_its_own() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/script/examples");
    let file = |name: &&str| tests.join(format!("{}.rs", name.replace('-', "_")));
    let without: Vec<_> = names().into_iter().filter(|name| !file(name).is_file()).collect();
    assert!(without.is_empty(), "examples without a file of tests: {without:?}");
}
