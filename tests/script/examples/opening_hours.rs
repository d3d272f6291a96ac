//! The office is open, closed, or its web application does not say.

dialogues! {
    "opening-hours";
    an_open_office_rings_without_a_prompt: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "open"}
        goes to  100@reception
    "#;
    a_caller_of_a_closed_office_has_an_emergency: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "closed", "opens": "on Monday at nine"}
        hears    The office is closed. We are here again on Monday at nine.
                 In an emergency, press one. Otherwise, you can hang up.
        presses  1
        goes to  101@on-call
    "#;
    a_silent_caller: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "closed", "opens": "on Monday at nine"}
        hears    The office is closed.…
        is silent
        hears    In an emergency, press one. Otherwise, you can hang up.
        is silent
        hears    Goodbye.
        is hung up
    "#;
    a_key_without_a_meaning: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "closed", "opens": "on Monday at nine"}
        hears    The office is closed.…
        presses  3
        hears    In an emergency, press one. Otherwise, you can hang up.
        presses  1
        goes to  101@on-call
    "#;
    a_caller_who_hangs_up: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "closed", "opens": "on Monday at nine"}
        hears    The office is closed.…
        hangs up
    "#;
    without_an_answer_the_office_rings: r#"
        asks     https://office.example/hours?number=7000
        answers  nothing
        goes to  100@reception
    "#;
}
