//! Absences that are reported, changed or given up, and callers who cannot report one.

dialogues! {
    "school-absence";
    a_telephone_that_is_not_known_comes_to_the_office: r#"
        from     withheld
        hears    This is the absence line of the school. Please enter the five digits of the pupil number.
        presses  20417
        asks     https://school.example/pupils?number=20417&caller=
        answers  {"pupil": "known", "caller": "unknown"}
        hears    We do not know your telephone number. You will be connected to the office.
        tells    POST https://school.example/calls
                 caller=&pupil=20417&outcome=matched&path=school-absence%3Amatched…
        goes to  100@office
    "#;
    a_wrong_number_and_then_the_right_one_of_a_pupil_who_is_absent_already: r#"
        hears    This is the absence line…
        presses  20418
        asks     https://school.example/pupils?number=20418&caller=%2B12025550147
        answers  {"pupil": "unknown"}
        hears    There is no pupil with the number 2 0 4 1 8. This is the absence line…
        presses  20417
        asks     https://school.example/pupils?number=20417&caller=%2B12025550147
        answers  {"pupil": "known", "class": "7 B", "caller": "parent", "until": "2026-12-02"}
        hears    This pupil is already reported absent until Wednesday, December 2nd, 2026. You can change that now.
                 For how many school days…
        hangs up
        tells    POST https://school.example/calls …&outcome=hangup&path=…
    "#;
    the_days_are_changed_before_the_yes: r#"
        hears    This is the absence line…
        presses  20417
        asks     https://school.example/pupils?number=20417&caller=%2B12025550147
        answers  {"pupil": "known", "class": "7 B", "caller": "parent"}
        hears    For how many school days…
        presses  3
        asks     https://school.example/last-day?days=3
        answers  {"until": "2026-12-03"}
        hears    A pupil of class 7 B is absent…
        presses  2
        hears    For how many school days…
        presses  1
        asks     https://school.example/last-day?days=1
        answers  {"until": "2026-12-01"}
        hears    A pupil of class 7 B is absent…
        presses  1
        asks     POST https://school.example/absences
                 { "pupil": "20417", "until": "2026-12-01", "caller": "+12025550147" }
        answers  nothing
        hears    The absence could not be reported. You will be connected to the office.
        tells    POST https://school.example/calls …&outcome=no_response&path=…
        goes to  100@office
    "#;
    a_caller_who_does_not_know_the_days_comes_to_the_office: r#"
        hears    This is the absence line…
        presses  20417
        asks     https://school.example/pupils?number=20417&caller=%2B12025550147
        answers  {"pupil": "known", "class": "7 B", "caller": "parent"}
        hears    For how many school days…
        is silent
        hears    For how many school days…
        is silent
        hears    You will be connected to the office.
        tells    POST https://school.example/calls …&outcome=no_input&path=…
        goes to  100@office
    "#;
    without_a_yes_nothing_is_reported: r#"
        hears    This is the absence line…
        presses  20417
        asks     https://school.example/pupils?number=20417&caller=%2B12025550147
        answers  {"pupil": "known", "class": "7 B", "caller": "parent"}
        hears    For how many school days…
        presses  3
        asks     https://school.example/last-day?days=3
        answers  {"until": "2026-12-03"}
        hears    A pupil of class 7 B is absent…
        presses  7
        hears    A pupil of class 7 B is absent…
        presses  7
        hears    A pupil of class 7 B is absent…
        presses  7
        hears    Nothing has been reported yet. You will be connected to the office.
        tells    POST https://school.example/calls …&outcome=invalid_input&path=…
        goes to  100@office
    "#;
}
