//! Scripts: templates, answers, branches, digits, and whole calls on fake channels and fake switches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod script {
    mod answer;
    mod branch;
    mod decimal;
    mod digits;
    mod distance;
    mod equal;
    mod examples;
    mod numeric;
    mod run;
    mod template;
}
