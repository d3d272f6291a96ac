//! Values that no engine can speak: the switch spells them with its own sounds, or they are left out. They never become
//! other numbers.

use crate::script::equal::call::CallRow;

/// What the switch spells of a value, in a script of this language. Asterisk spells more than five characters in
/// several commands, so no row has more.
async fn check(form: &str, language: &str, value: &str, spelled: &str) {
    let script = format!(
        "[voice]\nlanguage = \"{language}\"\n[trigger]\nurl = \"http://shop.example/\"\n[otherwise]\n\
         say = \"{{{form}$sum}}\"\n[no_response]\n"
    );
    let answer: &'static str = format!("{{\"sum\": {value}}}").leak();
    let heard: &'static str = format!("up {spelled}").trim_end().to_owned().leak();
    println!("{form} {language} {value}");
    let row = CallRow::of(script).json(0, answer).failing("*");
    row.ends("otherwise", "NextStep").hears(heard).assert_same_on_both_switches().await;
}

#[tokio::test(start_paused = true)]
async fn an_amount_is_spelled_by_the_signs_of_the_language_or_left_out() {
    for (language, value, spelled) in [
        // Whole numbers, in every notation that can be read in only one way.
        ("en", r#""1234""#, "digits:1234"),
        ("en", "1234", "digits:1234"),
        ("en", r#""1,234""#, "digits:1234"),
        ("de", r#""1.234""#, "digits:1234"),
        ("de-AT", r#""1.234""#, "digits:1234"),
        ("fr", "\"12 500\"", "digits:12500"),
        ("fr", "\"12\u{202f}500\"", "digits:12500"),
        ("de-CH", "\"12\u{2019}500\"", "digits:12500"),
        ("hi", r#""0,12,345""#, "digits:12345"),
        ("en", r#""0.012.345""#, "digits:12345"),
        ("en", r#""12.00""#, "digits:12"),
        ("pt_BR", r#""R$ 1.234,00""#, "digits:1234"),
        ("en", r#""EUR 15""#, "digits:15"),
        ("en", r#""15%""#, "digits:15"),
        ("en", r#""1E+2""#, "digits:100"),
        ("en", "1E+2", "digits:100"),
        ("en", "2.5e1", "digits:25"),
        ("en", "-0", "digits:0"),
        ("en", "0.0", "digits:0"),
        ("en", r#""007""#, "digits:7"),
        // Digits of other scripts.
        ("en", r#""٣""#, "digits:3"),
        ("ar", r#""١٬٢٣٤""#, "digits:1234"),
        ("hi", r#""१२""#, "digits:12"),
        ("en", r#""１２""#, "digits:12"),
        // A fraction or a sign has no sound.
        ("en", r#""12,50""#, ""),
        ("de", r#""12,50""#, ""),
        ("en", r#""€ 12.50""#, ""),
        ("en", r#""1,234.50""#, ""),
        ("de", r#""1,234.50""#, ""),
        ("en", r#""12.5%""#, ""),
        ("ar", r#""١٢٫٥""#, ""),
        ("en", "12.5", ""),
        ("de", "1.234", ""),
        ("en", "1E-2", ""),
        ("en", r#""- 5""#, ""),
        ("en", r#""-5""#, ""),
        ("en", "\"\u{2212}5\"", ""),
        ("en", r#""€ -5""#, ""),
        ("en", r#""5-""#, ""),
        // Two ways to read it, or none.
        ("fr", r#""1.234""#, ""),
        ("xx", r#""1,234""#, ""),
        ("xx", r#""1.234""#, ""),
        ("en", r#""1.2.3""#, ""),
        ("en", r#""12,34""#, ""),
        ("en", r#""27,-""#, ""),
        ("en", r#""10-15""#, ""),
        ("en", r#""1/2""#, ""),
        ("en", r#""½""#, ""),
        ("en", r#""5²""#, ""),
        ("en", r#""(5)""#, ""),
        ("en", r#""5 or 6""#, ""),
        ("en", r#"".5""#, ""),
        ("en", "1E+99", ""),
        ("en", r#""12345678901234567890123456789012345678901""#, ""),
        // Not numbers.
        ("en", r#""AB12""#, "letters:AB12"),
        ("en", r#""none""#, "letters:none"),
    ] {
        check("number:", language, value, spelled).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_with_digits_is_spelled_only_if_nothing_with_a_meaning_is_lost() {
    for (value, spelled) in [
        (r#""12,50""#, ""),
        (r#""-5""#, ""),
        (r#""12.5%""#, ""),
        ("-1.5", ""),
        (r#""1,200""#, "digits:1200"),
        (r#""+49 30 1""#, "digits:49301"),
        (r#""(5)""#, ""),
        (r#""1/2""#, ""),
        (r#""030/12""#, "digits:03012"),
        (r#""+4 (3) 1-5""#, "digits:4315"),
        (r#""OR-471""#, "letters:OR471"),
        (r#""so, it.""#, "letters:soit"),
        (r#""Müller""#, ""),
    ] {
        check("say:", "en", value, spelled).await;
        check("", "en", value, spelled).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_spoken_digit_by_digit_is_spelled_completely_or_not_at_all() {
    for (value, spelled) in [
        (r#""4-7""#, "digits:4 digits:7"),
        (r#""٤٧""#, "digits:4 digits:7"),
        (r#""4½""#, ""),
        (r#""Ü4""#, ""),
    ] {
        check("digits:", "en", value, spelled).await;
    }
}
