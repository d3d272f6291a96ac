//! Rooms that are open, full, have a PIN or do not exist, and guests and moderators.

dialogues! {
    "conference";
    an_open_room: r#"
        hears    Welcome to the conference. Please enter the four digits of your room.
        presses  4711
        asks     https://meet.example/rooms?number=4711
        answers  {"entry": "open", "full": false}
        goes to  4711@conference-guests
    "#;
    an_open_room_that_is_full: r#"
        hears    Welcome…
        presses  4711
        asks     https://meet.example/rooms?number=4711
        answers  {"entry": "open", "full": true}
        hears    Room 4 7 1 1 is full. Please call again in some minutes. Goodbye.
        is hung up
    "#;
    a_room_that_does_not_exist_and_then_another_one: r#"
        hears    Welcome…
        presses  4712
        asks     https://meet.example/rooms?number=4712
        answers  404
        hears    There is no room 4 7 1 2. Welcome…
        presses  4711
        asks     https://meet.example/rooms?number=4711
        answers  {"entry": "open", "full": false}
        goes to  4711@conference-guests
    "#;
    a_moderator_enters_a_full_room: r#"
        hears    Welcome…
        presses  4711
        asks     https://meet.example/rooms?number=4711
        answers  {"entry": "pin"}
        hears    Please enter the PIN of the room, and then press the hash key.
        presses  1357#
        asks     POST https://meet.example/rooms/4711/callers pin=1357&caller=%2B12025550147
        answers  {"role": "moderator", "full": true}
        goes to  4711@conference-moderators
    "#;
    a_guest_does_not_enter_a_full_room: r#"
        hears    Welcome…
        presses  4711
        asks     https://meet.example/rooms?number=4711
        answers  {"entry": "pin"}
        hears    Please enter the PIN…
        presses  2468#
        asks     POST https://meet.example/rooms/4711/callers pin=2468&caller=%2B12025550147
        answers  {"role": "guest", "full": true}
        hears    The room is full. Please call again in some minutes. Goodbye.
        is hung up
    "#;
    three_wrong_pins_end_the_call: r#"
        hears    Welcome…
        presses  4711
        asks     https://meet.example/rooms?number=4711
        answers  {"entry": "pin"}
        hears    Please enter the PIN…
        presses  1111#
        asks     POST https://meet.example/rooms/4711/callers pin=1111&caller=%2B12025550147
        answers  403
        hears    This PIN is wrong. Please enter the PIN…
        presses  2222#
        asks     POST https://meet.example/rooms/4711/callers pin=2222&caller=%2B12025550147
        answers  403
        hears    This PIN is wrong. Please enter the PIN…
        presses  3333#
        asks     POST https://meet.example/rooms/4711/callers pin=3333&caller=%2B12025550147
        answers  403
        hears    This PIN is wrong. Please ask the host of the meeting for the PIN. Goodbye.
        is hung up
    "#;
    a_silent_caller_comes_to_the_operator: r#"
        hears    Welcome…
        is silent
        hears    Welcome…
        is silent
        hears    Welcome…
        is silent
        hears    You will be connected to the operator.
        goes to  100@operator
    "#;
    without_an_answer_the_operator_helps: r#"
        hears    Welcome…
        presses  4711
        asks     https://meet.example/rooms?number=4711
        answers  nothing
        hears    The conference rooms cannot be reached right now. You will be connected to the operator.
        goes to  100@operator
    "#;
}
