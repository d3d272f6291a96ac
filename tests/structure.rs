//! The structure of the source: which modules may import which, and that there are no import cycles between files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod structure {
    mod files;
    mod modules;
    mod source;
}
