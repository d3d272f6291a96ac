//! Surveys that are not answered, or not to their end.

dialogues! {
    "survey";
    whoever_hangs_up_has_answered_one_question: r#"
        with     agent=201
        hears    Please answer three short questions,…
        presses  5
        hears    Second: how quickly did we answer your call?
        hangs up
        tells    POST https://office.example/surveys
                 agent=201&answered=5&waited=&friendly=&seconds=…&path=survey%3Aotherwise%2Csurvey-wait%3Ahangup
    "#;
    whoever_answers_nothing: r#"
        with     agent=201
        hears    Please answer three short questions,…
        is silent
        hears    Please answer three short questions,…
        is silent
        hears    Thank you for calling. Goodbye.
        tells    POST https://office.example/surveys
                 agent=201&answered=&waited=&friendly=&seconds=…&path=survey%3Ano_input
        is hung up
    "#;
    a_six_is_no_answer: r#"
        with     agent=201
        hears    Please answer three short questions,…
        presses  1
        hears    Second: how quickly did we answer your call?
        presses  6
        hears    Second: how quickly did we answer your call?
        presses  2
        hears    And third: how friendly were we?
        is silent
        hears    And third: how friendly were we?
        is silent
        hears    Thank you for calling. Goodbye.
        tells    POST https://office.example/surveys
                 agent=201&answered=1&waited=2&friendly=&seconds=…&path=…
        is hung up
    "#;
}
