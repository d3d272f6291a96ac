//! How the source is built: which module may know which, and that no files import each other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod structure {
    mod files;
    mod modules;
    mod source;
}
