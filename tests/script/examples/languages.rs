//! The choice of a language, and what is in this language after it.

dialogues! {
    "languages";
    english_is_chosen_at_the_first_offer: r#"
        hears    Welcome. For English, press one.
        presses  1
        hears    Please enter or say the six digits of your parcel number.
        presses  481516
        asks     https://parcels.example/parcels?number=481516&language=en
        answers  {"state": "coming", "day": "2026-12-03"}
        hears    Your parcel will arrive on Thursday, December 3rd, 2026. Goodbye.
        is hung up
    "#;
    whoever_knows_the_line_chooses_german_at_the_english_offer: r#"
        hears    Welcome. For English, press one.
        presses  2
        hears    Bitte geben Sie…
        presses  481516
        asks     https://parcels.example/parcels?number=481516&language=de
        answers  {"state": "waiting", "place": "Hauptstraße 1"}
        hears    Sie können Ihr Paket abholen: Hauptstraße 1. Auf Wiederhören.
        sets     LANGUAGE=de
        is hung up
    "#;
    a_number_is_said_in_the_language_of_the_call: r#"
        hears    Welcome. For English, press one.
        presses  2
        hears    Bitte geben Sie…
        says     vier acht eins fünf eins sechs
        asks     https://parcels.example/parcels?number=481516&language=de
        answers  {"state": "unknown"}
        hears    Das Paket 4 8 1 5 1 6 kennen wir nicht. Bitte geben Sie…
        says     vier acht eins fünf eins sieben
        asks     https://parcels.example/parcels?number=481517&language=de
        answers  {"state": "lost"}
        hears    Sie werden verbunden.
        sets     LANGUAGE=de
        goes to  de@agents
    "#;
    a_caller_who_chooses_nothing_comes_to_a_person: r#"
        hears    Welcome. For English, press one.
        is silent
        hears    Für Deutsch drücken Sie bitte die Zwei.
        is silent
        hears    Für Deutsch drücken Sie bitte die Zwei.
        is silent
        hears    You will be connected.
        goes to  en@agents
    "#;
    without_an_answer_somebody_who_speaks_the_language_helps: r#"
        hears    Welcome. For English, press one.
        presses  2
        hears    Bitte geben Sie…
        presses  481516
        asks     https://parcels.example/parcels?number=481516&language=de
        answers  nothing
        hears    Das können wir gerade nicht nachsehen. Sie werden verbunden.
        sets     LANGUAGE=de
        goes to  de@agents
    "#;
}
