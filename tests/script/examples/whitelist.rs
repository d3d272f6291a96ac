//! Callers of a line for few: known ones, strangers, and those who withhold their number.

dialogues! {
    "whitelist";
    a_telephone_of_the_office_passes_without_a_request: r#"
        from     +12025550110
        goes to  100@office
    "#;
    a_number_that_only_looks_like_one_of_the_office_is_looked_up: r#"
        from     +120255501100
        asks     https://office.example/callers?number=%2B120255501100
        answers  {"known": false}
        hears    This line is only for callers that we know. For everything else, please call our main number. Goodbye.
        is hung up
    "#;
    without_an_answer_a_person_decides: r#"
        asks     https://office.example/callers?number=%2B12025550147
        answers  nothing
        goes to  100@reception
    "#;
    an_answer_that_does_not_say_it_is_no_answer: r#"
        asks     https://office.example/callers?number=%2B12025550147
        answers  {"error": "the list is being changed"}
        goes to  100@reception
    "#;
}
