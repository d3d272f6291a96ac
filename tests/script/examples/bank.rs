//! Callers who can not sign in, and what they do with their balance.

dialogues! {
    "bank";
    a_locked_account: r#"
        hears    Please enter your account number,…
        presses  4711001#
        hears    Now please enter your PIN.
        presses  8642
        asks     POST https://bank.example/sign-in account=4711001&pin=8642
        answers  {"state": "locked"}
        hears    Telephone banking is locked for this account. You will be connected to somebody who can help you.
        goes to  100@agents
    "#;
    the_bank_is_not_reached: r#"
        hears    Please enter your account number,…
        presses  4711001#
        hears    Now please enter your PIN.
        presses  8642
        asks     POST https://bank.example/sign-in account=4711001&pin=8642
        answers  nothing
        hears    We cannot look that up right now. You will be connected to somebody who can help you.
        goes to  100@agents
    "#;
    an_account_number_that_is_too_short: r#"
        hears    Please enter your account number,…
        presses  47#
        hears    Please enter your account number,…
        presses  47#
        hears    Please enter your account number,…
        presses  47#
        hears    You will be connected to somebody who can help you.
        goes to  100@agents
    "#;
    a_silent_caller_comes_to_somebody: r#"
        hears    Please enter your account number,…
        is silent
        hears    Please enter your account number,…
        is silent
        hears    Please enter your account number,…
        is silent
        hears    You will be connected to somebody who can help you.
        goes to  100@agents
    "#;
    a_caller_who_does_not_know_the_pin: r#"
        hears    Please enter your account number,…
        presses  4711001#
        hears    Now please enter your PIN.
        is silent
        hears    Now please enter your PIN.
        is silent
        hears    You will be connected to somebody who can help you.
        goes to  100@agents
    "#;
    the_second_try_is_right: r#"
        hears    Please enter your account number,…
        presses  4711001#
        hears    Now please enter your PIN.
        presses  1111
        asks     POST https://bank.example/sign-in account=4711001&pin=1111
        answers  {"state": "wrong"}
        hears    The account number or the PIN is wrong. Please enter your account number,…
        presses  4711002#
        hears    Now please enter your PIN.
        presses  8642
        asks     POST https://bank.example/sign-in account=4711002&pin=8642
        answers  {"state": "right", "balance": "-12.50"}
        hears    The balance of your account is …
        presses  1
        hears    The balance of your account is …
        presses  0
        goes to  100@agents
    "#;
    whoever_corrects_the_pin: r#"
        hears    Please enter your account number,…
        presses  4711001#
        hears    Now please enter your PIN.
        presses  11*8642
        asks     POST https://bank.example/sign-in account=4711001&pin=8642
        answers  {"state": "right", "balance": "0.00"}
        hears    The balance of your account is …
        hangs up
    "#;
}
