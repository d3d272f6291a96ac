//! The office is open, closed, or its web application does not say.

dialogues! {
    "opening-hours";
    an_office_that_is_closed_and_does_not_say_until_when: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "closed"}
        hears    Right now, the office is closed. In an emergency, press one. Otherwise, please call again later.
        presses  1
        goes to  101@on-call
    "#;
    a_silent_caller_of_a_closed_office: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "closed", "opens": "2026-12-07T09:00"}
        hears    Thank you for calling. We are here again on …. Right now, the office is closed.…
        is silent
        hears    Right now, the office is closed.…
        is silent
        hears    Goodbye.
        is hung up
    "#;
    a_key_without_a_meaning: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "closed"}
        hears    Right now, the office is closed.…
        presses  3
        hears    Right now, the office is closed.…
        presses  1
        goes to  101@on-call
    "#;
    a_caller_of_a_closed_office_who_hangs_up: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "closed"}
        hears    Right now, the office is closed.…
        hangs up
    "#;
    without_an_answer_the_telephones_ring: r#"
        asks     https://office.example/hours?number=7000
        answers  nothing
        goes to  100@reception
    "#;
    a_state_that_nobody_knows: r#"
        asks     https://office.example/hours?number=7000
        answers  {"state": "on holiday"}
        goes to  100@reception
    "#;
    the_dialplan_decides: r#"
        calls    opening-hours-closed
        hears    Right now, the office is closed.…
        presses  1
        goes to  101@on-call
    "#;
}
