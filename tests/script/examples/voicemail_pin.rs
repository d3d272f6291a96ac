//! PINs that are wrong, too easy, old, or not the same twice.

dialogues! {
    "voicemail-pin";
    three_wrong_pins_lead_to_a_person: r#"
        with     mailbox=201
        hears    You can change the PIN of your mailbox. Please enter your present PIN, and then press the hash key.
        presses  1111#
        asks     POST https://voicemail.example/pin-checks mailbox=201&pin=1111
        answers  403
        hears    This PIN is wrong. You can change…
        presses  2222#
        asks     POST https://voicemail.example/pin-checks mailbox=201&pin=2222
        answers  403
        hears    This PIN is wrong. You can change…
        presses  3333#
        asks     POST https://voicemail.example/pin-checks mailbox=201&pin=3333
        answers  403
        hears    This PIN is wrong. You will be connected to the help desk.
        goes to  100@helpdesk
    "#;
    a_locked_mailbox: r#"
        with     mailbox=201
        hears    You can change…
        presses  8642#
        asks     POST https://voicemail.example/pin-checks mailbox=201&pin=8642
        answers  423
        hears    This mailbox is locked. You will be connected to the help desk.
        goes to  100@helpdesk
    "#;
    new_pins_that_are_refused: r#"
        with     mailbox=2011
        hears    You can change…
        presses  8642#
        asks     POST https://voicemail.example/pin-checks mailbox=2011&pin=8642
        answers  204
        hears    Please enter a new PIN of four to eight digits, and then press the hash key.
        presses  777777#
        hears    This PIN is too easy to guess. Please enter a new PIN…
        presses  8642#
        hears    The new PIN must differ from the number of the mailbox, and from the present PIN. Please enter a new PIN…
        presses  2011#
        hears    The new PIN must differ from the number of the mailbox, and from the present PIN.
                 Your PIN stays as it is. Goodbye.
        is hung up
    "#;
    two_pins_that_differ_and_then_two_that_are_the_same: r#"
        with     mailbox=201
        hears    You can change…
        presses  8642#
        asks     POST https://voicemail.example/pin-checks mailbox=201&pin=8642
        answers  204
        hears    Please enter a new PIN…
        presses  97531#
        hears    Please enter the new PIN once more, and then press the hash key.
        presses  97532#
        hears    The two PINs are not the same. Please enter a new PIN…
        presses  97531#
        hears    Please enter the new PIN once more…
        presses  97531#
        asks     POST https://voicemail.example/pin-changes mailbox=201&pin=8642&new_pin=97531
        answers  204
        hears    Your PIN is changed. Goodbye.
        is hung up
    "#;
    two_pins_that_differ_three_times_end_the_call: r#"
        with     mailbox=201
        hears    You can change…
        presses  8642#
        asks     POST https://voicemail.example/pin-checks mailbox=201&pin=8642
        answers  204
        hears    Please enter a new PIN…
        presses  97531#
        hears    Please enter the new PIN once more…
        presses  1379#
        hears    The two PINs are not the same. Please enter a new PIN…
        presses  97531#
        hears    Please enter the new PIN once more…
        presses  1379#
        hears    The two PINs are not the same. Please enter a new PIN…
        presses  97531#
        hears    Please enter the new PIN once more…
        presses  1379#
        hears    The two PINs are not the same. Your PIN stays as it is. Goodbye.
        is hung up
    "#;
    a_pin_that_may_or_may_not_be_saved: r#"
        with     mailbox=201
        hears    You can change…
        presses  8642#
        asks     POST https://voicemail.example/pin-checks mailbox=201&pin=8642
        answers  204
        hears    Please enter a new PIN…
        presses  97531#
        hears    Please enter the new PIN once more…
        presses  97531#
        asks     POST https://voicemail.example/pin-changes mailbox=201&pin=8642&new_pin=97531
        answers  nothing
        hears    We do not know whether your PIN was changed. You will be connected to the help desk.
        goes to  100@helpdesk
    "#;
}
