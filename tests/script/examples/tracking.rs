//! Parcels that are not found, or not yet.

dialogues! {
    "tracking";
    a_parcel_that_was_delivered_and_one_that_does_not_exist: r#"
        hears    Please enter the number of your parcel,…
        presses  **471100815**#
        asks     https://parcels.example/parcels?number=%2A%2A471100815%2A%2A
        answers  {"state": "delivered", "at": "2026-12-01T10:20"}
        hears    Your parcel was delivered on …. For another parcel, press one.…
        presses  1
        hears    Please enter the number of your parcel,…
        presses  **471100816**#
        asks     https://parcels.example/parcels?number=%2A%2A471100816%2A%2A
        answers  404
        hears    There is no parcel with this number. Please enter the number of your parcel,…
        presses  **471100817**#
        asks     https://parcels.example/parcels?number=%2A%2A471100817%2A%2A
        answers  409
        hears    You will be connected to somebody who finds your parcel.
        goes to  100@agents
    "#;
    a_number_that_is_too_short: r#"
        hears    Please enter the number of your parcel,…
        presses  1234567#
        hears    Please enter the number of your parcel,…
        is silent
        hears    Please enter the number of your parcel,…
        is silent
        hears    You will be connected to somebody who finds your parcel.
        goes to  100@agents
    "#;
    a_parcel_that_does_not_exist_three_times: r#"
        hears    Please enter the number of your parcel,…
        presses  11112222#
        asks     https://parcels.example/parcels?number=11112222
        answers  404
        hears    There is no parcel with this number.…
        presses  11113333#
        asks     https://parcels.example/parcels?number=11113333
        answers  404
        hears    There is no parcel with this number.…
        presses  11114444#
        asks     https://parcels.example/parcels?number=11114444
        answers  404
        hears    There is no parcel with this number. You will be connected to somebody who finds your parcel.
        goes to  100@agents
    "#;
    without_an_answer: r#"
        hears    Please enter the number of your parcel,…
        presses  **471100815**#
        asks     https://parcels.example/parcels?number=%2A%2A471100815%2A%2A
        answers  nothing
        hears    We cannot look that up right now. You will be connected to somebody who can help you.
        goes to  100@agents
    "#;
}
