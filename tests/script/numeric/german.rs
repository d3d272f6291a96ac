//! German.

use crate::script::numeric::check;

#[test]
fn digits_one_by_one() {
    check(
        "de",
        &[
            ("null", "0"),
            ("eins zwei drei vier fünf sechs sieben acht neun null", "1234567890"),
            ("zwo", "2"),
            ("fuenf zwo", "52"),
            ("Vier, sieben, eins, eins.", "4711"),
            ("neun neun neun", "999"),
            ("vier ein zwei", "412"),
            ("einszweidrei", "123"),
            ("doppel sieben", "77"),
            ("doppelsieben", "77"),
            ("doppel-null eins", "001"),
            ("zweimal die sieben", "77"),
            ("zwei mal die sieben", "77"),
            ("dreimal neun vier", "9994"),
            ("ein", "-"),
            ("eine", "-"),
            ("doppelt", "-"),
        ],
    );
}

#[test]
fn numbers() {
    check(
        "de",
        &[
            ("zehn", "10"),
            ("elf", "11"),
            ("zwölf", "12"),
            ("zwoelf", "12"),
            ("dreizehn", "13"),
            ("siebzehn", "17"),
            ("zwanzig", "20"),
            ("dreiundzwanzig", "23"),
            ("drei und zwanzig", "23"),
            ("einundzwanzig", "21"),
            ("zwoundzwanzig", "22"),
            ("dreißig", "30"),
            ("dreissig", "30"),
            ("fünfundfünfzig", "55"),
            ("siebenundsiebzig", "77"),
            ("achtundachtzig", "88"),
            ("neunundneunzig", "99"),
            ("hundert", "100"),
            ("einhundert", "100"),
            ("einhundertzwanzig", "120"),
            ("hundertundeins", "101"),
            ("siebenhundertzwölf", "712"),
            ("sieben hundert zwölf", "712"),
            ("neunhundertneunundneunzig", "999"),
            ("tausend", "1000"),
            ("zweitausendfünf", "2005"),
            ("zweitausendfünfhundert", "2500"),
            ("neunzehnhundertvierundachtzig", "1984"),
            ("zwölftausenddreihundertfünfundvierzig", "12345"),
            ("fünfhunderttausend", "500000"),
            ("eine Million", "1000000"),
            ("zwei Millionen fünfhunderttausend", "2500000"),
            ("eine Milliarde", "-"),
        ],
    );
}

#[test]
fn consecutive_numbers_are_joined() {
    check(
        "de",
        &[
            ("siebenundvierzig elf", "4711"),
            ("vier sieben elf", "4711"),
            ("neunzehn vierundachtzig", "1984"),
            ("zwanzig vierundzwanzig", "2024"),
            ("zwanzig drei", "203"),
            ("null dreißig vier sieben", "03047"),
            ("elf zweiundzwanzig dreiunddreißig", "112233"),
            ("vier 7 elf", "4711"),
        ],
    );
}

#[test]
fn filler_words_are_ignored_and_other_words_give_no_number() {
    check(
        "de",
        &[
            ("äh vier sieben", "47"),
            ("vier äh sieben", "47"),
            ("die vier die sieben", "47"),
            ("meine Nummer ist die vier sieben elf", "4711"),
            ("das ist die fünf, bitte", "5"),
            ("meine Kundennummer lautet 47 11", "4711"),
            ("ja", "-"),
            ("bitte", "-"),
            ("achtung", "-"),
            ("nicht vier", "-"),
            ("nein fünf", "-"),
            ("vier oder fünf", "-"),
            ("minus vier", "-"),
            ("drei Komma fünf", "-"),
            ("erste", "-"),
            ("der zweite.", "-"),
            ("eineinhalb", "-"),
            ("und zwanzig", "-"),
            ("vier und", "-"),
            ("vier und sieben", "-"),
            ("", "-"),
        ],
    );
}
