//! French.

use crate::script::numeric::check;

#[test]
fn digits_one_by_one() {
    check(
        "fr",
        &[
            ("zéro", "0"),
            ("zero", "0"),
            ("un deux trois quatre cinq six sept huit neuf zéro", "1234567890"),
            ("un-deux-trois", "123"),
            ("Quatre, sept, un, un.", "4711"),
            ("neuf neuf neuf", "999"),
            ("une", "1"),
            ("double sept", "77"),
            ("triple zéro un", "0001"),
            ("deux fois le sept", "77"),
            ("trois fois neuf", "999"),
            ("double", "-"),
        ],
    );
}

#[test]
fn numbers_below_a_hundred() {
    check(
        "fr",
        &[
            ("dix", "10"),
            ("seize", "16"),
            ("dix-sept", "17"),
            ("dix sept", "17"),
            ("dix-neuf", "19"),
            ("vingt", "20"),
            ("vingt et un", "21"),
            ("vingt-et-un", "21"),
            ("vingt-trois", "23"),
            ("vingt trois", "23"),
            ("cinquante-neuf", "59"),
            ("soixante", "60"),
            ("soixante et un", "61"),
            ("soixante-dix", "70"),
            ("soixante et onze", "71"),
            ("soixante-dix-sept", "77"),
            ("soixante dix sept", "77"),
            ("soixante-quinze", "75"),
            ("septante-sept", "77"),
            ("quatre-vingts", "80"),
            ("quatre vingt", "80"),
            ("quatre-vingt-un", "81"),
            ("quatre-vingt-quatre", "84"),
            ("quatre-vingt-dix", "90"),
            ("quatre vingt dix", "90"),
            ("quatre-vingt-onze", "91"),
            ("quatre-vingt-dix-neuf", "99"),
            ("huitante-deux", "82"),
            ("nonante-neuf", "99"),
        ],
    );
}

#[test]
fn greater_numbers() {
    check(
        "fr",
        &[
            ("cent", "100"),
            ("cent un", "101"),
            ("deux cents", "200"),
            ("quatre cent vingt", "420"),
            ("cent quatre-vingt", "180"),
            ("sept cent douze", "712"),
            ("mille", "1000"),
            ("mille neuf cent quatre-vingt-quatre", "1984"),
            ("dix-neuf cent quatre-vingt-quatre", "1984"),
            ("deux mille cinq", "2005"),
            ("douze mille trois cent quarante-cinq", "12345"),
            ("un million", "1000000"),
        ],
    );
}

#[test]
fn consecutive_numbers_are_joined() {
    check(
        "fr",
        &[
            ("quarante-sept onze", "4711"),
            ("quatre sept onze", "4711"),
            ("zéro six douze trente-quatre cinquante-six soixante-dix-huit", "0612345678"),
            ("zéro un vingt-trois quarante-cinq soixante-sept quatre-vingt-neuf", "0123456789"),
            ("vingt quatre-vingt", "2080"),
            ("vingt-quatre vingt", "2420"),
            ("vingt vingt-quatre", "2024"),
            ("soixante quatre-vingt-dix", "6090"),
            ("dix-neuf quatre-vingt-quatre", "1984"),
            ("dix deux", "102"),
        ],
    );
}

#[test]
fn filler_words_are_ignored_and_other_words_give_no_number() {
    check(
        "fr",
        &[
            ("euh quatre sept", "47"),
            ("quatre euh sept", "47"),
            ("c'est le quatre sept un un", "4711"),
            ("C’est le 47 11, s’il vous plaît.", "4711"),
            ("mon numéro est le cinq", "5"),
            ("oui", "-"),
            ("bonjour", "-"),
            ("quatre ou cinq", "-"),
            ("pas quatre", "-"),
            ("moins quatre", "-"),
            ("trois virgule cinq", "-"),
            ("premier", "-"),
            ("et un", "-"),
            ("", "-"),
        ],
    );
}
