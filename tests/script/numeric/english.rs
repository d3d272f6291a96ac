//! English.

use crate::script::numeric::check;

#[test]
fn digits_one_by_one() {
    check(
        "en",
        &[
            ("zero", "0"),
            ("seven", "7"),
            ("four seven one two", "4712"),
            ("one two three four five six seven eight nine zero", "1234567890"),
            ("nine nine nine", "999"),
            ("Four, seven, one, two.", "4712"),
            ("FOUR SEVEN ONE TWO", "4712"),
            ("four-seven-one-two", "4712"),
            ("  four\tseven\n one  two ", "4712"),
            ("zero zero seven", "007"),
            ("nought nought seven", "007"),
            ("nil five", "05"),
            ("niner one one", "911"),
            ("five five five... zero one zero zero!", "5550100"),
        ],
    );
}

#[test]
fn oh_is_zero_among_digits() {
    check(
        "en",
        &[
            ("five oh two", "502"),
            ("oh five", "05"),
            ("five o two o", "5020"),
            ("oh oh seven", "007"),
            ("twenty oh five", "2005"),
            ("nineteen oh five", "1905"),
            ("double oh seven", "007"),
            ("oh", "-"),
            ("o", "-"),
            ("oh oh", "-"),
            ("double oh", "-"),
        ],
    );
}

#[test]
fn homophones_count_only_among_digits() {
    check(
        "en",
        &[
            ("one to three for", "1234"),
            ("too five ate", "258"),
            ("four for four", "444"),
            ("won two", "12"),
            ("tree three", "33"),
            ("for", "-"),
            ("to", "-"),
            ("to for", "-"),
            ("too ate to", "-"),
            ("I want to talk to somebody", "-"),
            ("for you", "-"),
            ("the number for the order is 4711", "-"),
            ("for my order four seven one one", "-"),
        ],
    );
}

#[test]
fn digits_are_repeated() {
    check(
        "en",
        &[
            ("double five", "55"),
            ("double 5 oh 9", "5509"),
            ("triple nine", "999"),
            ("treble nine", "999"),
            ("one double two three", "1223"),
            ("double one double two", "1122"),
            ("quadruple zero", "0000"),
            ("double to five", "225"),
            ("double", "-"),
            ("five double", "-"),
            ("double double five", "-"),
            ("double twenty", "-"),
            ("two times five", "-"),
        ],
    );
}

#[test]
fn the_longest_spoken_number_is_taken() {
    check(
        "en",
        &[
            ("ten", "10"),
            ("eleven", "11"),
            ("nineteen", "19"),
            ("twenty", "20"),
            ("twenty three", "23"),
            ("twenty-three", "23"),
            ("ninety nine", "99"),
            ("fourty two", "42"),
            ("one hundred", "100"),
            ("a hundred", "100"),
            ("hundred", "100"),
            ("a hundred and five", "105"),
            ("one hundred twenty three", "123"),
            ("seven hundred twelve", "712"),
            ("seven hundred and twelve", "712"),
            ("nine hundred ninety nine", "999"),
            ("nineteen hundred", "1900"),
            ("nineteen hundred eighty four", "1984"),
            ("twenty one hundred", "2100"),
            ("a thousand", "1000"),
            ("two thousand five", "2005"),
            ("two thousand and five", "2005"),
            ("two thousand five hundred", "2500"),
            ("twelve thousand three hundred forty five", "12345"),
            ("five hundred thousand", "500000"),
            ("nine hundred ninety nine thousand nine hundred ninety nine", "999999"),
            ("one million", "1000000"),
            ("one billion", "1000000000"),
            ("two billion, please.", "2000000000"),
            ("3.5 billion", "-"),
            ("one million two hundred thousand", "1200000"),
        ],
    );
}

#[test]
fn consecutive_numbers_are_joined() {
    check(
        "en",
        &[
            ("four seven eleven", "4711"),
            ("forty seven eleven", "4711"),
            ("nineteen eighty four", "1984"),
            ("twenty twenty four", "2024"),
            ("forty two seventeen", "4217"),
            ("twenty three four", "234"),
            ("two three twenty", "2320"),
            ("ten ten", "1010"),
            ("twenty thirty", "2030"),
            ("eleven twenty two thirty three", "112233"),
            ("one hundred five six", "1056"),
            ("five six hundred", "5600"),
            ("seven 1 twenty two", "7122"),
            ("eighty zero", "800"),
            ("seven hundred zero five", "70005"),
        ],
    );
}

#[test]
fn filler_words_are_ignored() {
    check(
        "en",
        &[
            ("it's four seven one one", "4711"),
            ("It’s four seven one one, please.", "4711"),
            ("um four seven", "47"),
            ("four um seven uh one", "471"),
            ("twenty um three", "23"),
            ("my number is five five five", "555"),
            ("the code is one two three four thank you", "1234"),
            ("yes, four", "4"),
            ("my order number is forty seven eleven please", "4711"),
            ("um", "-"),
            ("please", "-"),
            ("my number is", "-"),
            ("four is my number and seven", "-"),
            ("four please seven", "-"),
        ],
    );
}

#[test]
fn other_words_give_no_number() {
    check(
        "en",
        &[
            ("", "-"),
            (" . , ", "-"),
            ("hello", "-"),
            ("four score and seven", "-"),
            ("four or five", "-"),
            ("not four", "-"),
            ("no five", "-"),
            ("four no five", "-"),
            ("four and seven", "-"),
            ("and four", "-"),
            ("four and", "-"),
            ("minus four", "-"),
            ("plus four", "-"),
            ("three point five", "-"),
            ("one point two three four", "-"),
            ("one half", "-"),
            ("four percent", "-"),
            ("first", "-"),
            ("twenty first", "-"),
            ("the fourth", "-"),
            ("a four", "-"),
            ("one a two", "-"),
            ("someone", "-"),
            ("[BLANK_AUDIO]", "-"),
            ("four <b>seven</b>", "-"),
            ("four 'or' 1=1 --", "-"),
        ],
    );
}
