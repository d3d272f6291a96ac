//! Callers who wait, withhold their number, correct it, or hang up.

dialogues! {
    "callback";
    whoever_says_nothing_waits: r#"
        hears    All our lines are busy.…
        is silent
        tells    POST https://office.example/callbacks
                 caller=%2B12025550147&choice=&number=&confirmed=&path=callback%3Ano_input
        goes to  100@queue
    "#;
    whoever_withholds_the_number_enters_one: r#"
        from     withheld
        hears    All our lines are busy.…
        presses  1
        hears    Your number is withheld. Please enter the number with its area code,…
        presses  2025550199#
        hears    We will call you back at ….
        is silent
        hears    Thank you. Goodbye.
        tells    POST https://office.example/callbacks
                 caller=&choice=1&number=2025550199&confirmed=
                 &path=callback%3Amatched%2Ccallback-number%3Aotherwise%2Ccallback-confirm%3Ano_input
        is hung up
    "#;
    a_number_that_is_corrected: r#"
        hears    All our lines are busy.…
        presses  2
        hears    Please enter the number with its area code,…
        presses  20255*2025550199#
        hears    We will call you back at ….
        presses  2
        hears    Please enter the number with its area code,…
        presses  2025550188#
        hears    We will call you back at ….
        presses  1
        hears    Thank you. Goodbye.
        tells    POST https://office.example/callbacks
                 caller=%2B12025550147&choice=2&number=2025550188&confirmed=1&path=callback%3Amatched%2C…
        is hung up
    "#;
    whoever_enters_no_number_waits: r#"
        hears    All our lines are busy.…
        presses  2
        hears    Please enter the number with its area code,…
        is silent
        hears    Please enter the number with its area code,…
        is silent
        hears    Please stay on the line.
        tells    POST https://office.example/callbacks
                 caller=%2B12025550147&choice=2&number=&confirmed=&path=callback%3Amatched%2Ccallback-number%3Ano_input
        goes to  100@queue
    "#;
    whoever_hangs_up_after_the_number_has_left_it: r#"
        hears    All our lines are busy.…
        presses  2
        hears    Please enter the number with its area code,…
        presses  2025550199#
        hears    We will call you back at ….
        hangs up
        tells    POST https://office.example/callbacks
                 caller=%2B12025550147&choice=2&number=2025550199&confirmed=
                 &path=callback%3Amatched%2Ccallback-number%3Aotherwise%2Ccallback-confirm%3Ahangup
    "#;
    whoever_hangs_up_at_once: r#"
        hears    All our lines are busy.…
        hangs up
        tells    POST https://office.example/callbacks
                 caller=%2B12025550147&choice=&number=&confirmed=&path=callback%3Ahangup
    "#;
}
