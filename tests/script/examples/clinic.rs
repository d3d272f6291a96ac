//! Appointments that can not be booked or cancelled, and callers who want something else.

dialogues! {
    "clinic";
    whoever_withholds_the_number_comes_to_the_reception: r#"
        from     withheld
        hears    Welcome to the clinic.…
        presses  1
        hears    Your number is withheld, so we cannot know who you are. You will be connected to the reception.
        goes to  100@reception
    "#;
    whoever_withholds_the_number_can_speak_to_somebody: r#"
        from     withheld
        hears    Welcome to the clinic.…
        presses  0
        goes to  100@reception
    "#;
    a_telephone_without_keys_comes_to_the_reception: r#"
        hears    Welcome to the clinic.…
        is silent
        hears    Welcome to the clinic.…
        is silent
        hears    You will be connected to the reception.
        goes to  100@reception
    "#;
    there_is_no_free_time: r#"
        hears    Welcome to the clinic.…
        presses  1
        asks     https://clinic.example/times?caller=%2B12025550147&after=
        answers  {"time": null}
        hears    There is no other time. You will be connected to the reception.
        goes to  100@reception
    "#;
    the_free_times_are_not_known: r#"
        hears    Welcome to the clinic.…
        presses  1
        asks     https://clinic.example/times?caller=%2B12025550147&after=
        answers  500
        hears    We cannot see the appointments right now. You will be connected to the reception.
        goes to  100@reception
    "#;
    somebody_else_is_quicker: r#"
        hears    Welcome to the clinic.…
        presses  1
        asks     https://clinic.example/times?caller=%2B12025550147&after=
        answers  {"time": "2026-12-07T09:30"}
        hears    There is a free appointment on …
        presses  1
        asks     POST https://clinic.example/appointments caller=%2B12025550147&time=2026-12-07T09%3A30
        answers  {"state": "taken"}
        hears    Sorry, this time has just been taken.
        asks     https://clinic.example/times?caller=%2B12025550147&after=2026-12-07T09%3A30
        answers  {"time": "2026-12-08T14:00"}
        hears    There is a free appointment on …
        presses  0
        goes to  100@reception
    "#;
    nobody_knows_whether_it_is_booked: r#"
        hears    Welcome to the clinic.…
        presses  1
        asks     https://clinic.example/times?caller=%2B12025550147&after=
        answers  {"time": "2026-12-07T09:30"}
        hears    There is a free appointment on …
        presses  1
        asks     POST https://clinic.example/appointments caller=%2B12025550147&time=2026-12-07T09%3A30
        answers  nothing
        hears    We could not book it. You will be connected to the reception.
        goes to  100@reception
    "#;
    whoever_does_not_decide_has_no_appointment: r#"
        hears    Welcome to the clinic.…
        presses  1
        asks     https://clinic.example/times?caller=%2B12025550147&after=
        answers  {"time": "2026-12-07T09:30"}
        hears    There is a free appointment on …
        is silent
        hears    There is a free appointment on …
        is silent
        hears    There is a free appointment on …
        is silent
        hears    No appointment is booked. You will be connected to the reception.
        goes to  100@reception
    "#;
    there_is_no_appointment_to_cancel: r#"
        hears    Welcome to the clinic.…
        presses  2
        asks     https://clinic.example/appointments?caller=%2B12025550147
        answers  {"time": null}
        hears    There is no appointment for your number. You will be connected to the reception.
        goes to  100@reception
    "#;
    whoever_hangs_up_keeps_the_appointment: r#"
        hears    Welcome to the clinic.…
        presses  2
        asks     https://clinic.example/appointments?caller=%2B12025550147
        answers  {"id": 4711, "time": "2026-12-08T14:00"}
        hears    Your appointment is on …
        hangs up
    "#;
    whoever_does_not_press_one_keeps_the_appointment: r#"
        hears    Welcome to the clinic.…
        presses  2
        asks     https://clinic.example/appointments?caller=%2B12025550147
        answers  {"id": 4711, "time": "2026-12-08T14:00"}
        hears    Your appointment is on …
        presses  2
        hears    Your appointment is on …
        is silent
        hears    Your appointment stays as it is. Goodbye.
        is hung up
    "#;
    an_appointment_that_is_gone_is_cancelled: r#"
        hears    Welcome to the clinic.…
        presses  2
        asks     https://clinic.example/appointments?caller=%2B12025550147
        answers  {"id": 4711, "time": "2026-12-08T14:00"}
        hears    Your appointment is on …
        presses  1
        asks     DELETE https://clinic.example/appointments/4711
        answers  404
        hears    Your appointment is cancelled. Goodbye.
        is hung up
    "#;
    an_appointment_that_can_not_be_cancelled: r#"
        hears    Welcome to the clinic.…
        presses  2
        asks     https://clinic.example/appointments?caller=%2B12025550147
        answers  {"id": 4711, "time": "2026-12-08T14:00"}
        hears    Your appointment is on …
        presses  1
        asks     DELETE https://clinic.example/appointments/4711
        answers  503
        hears    We could not cancel it. You will be connected to the reception.
        goes to  100@reception
    "#;
}
