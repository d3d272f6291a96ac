//! Languages whose numbers are read by text2num.

use crate::script::numeric::check;

#[test]
fn italian() {
    check(
        "it",
        &[
            ("zero uno due tre quattro cinque sei sette otto nove", "0123456789"),
            ("quarantasette undici", "4711"),
            ("ventitré", "23"),
            ("il mio numero è quattro sette", "47"),
            ("doppio sette", "77"),
            ("ciao", "-"),
            ("tre virgola cinque", "-"),
        ],
    );
}

#[test]
fn dutch() {
    check(
        "nl",
        &[
            ("nul een twee drie vier vijf zes zeven acht negen", "0123456789"),
            ("één", "1"),
            ("drieëntwintig", "23"),
            ("zevenenveertig elf", "4711"),
            ("mijn nummer is vier zeven", "47"),
            ("dubbel zeven", "77"),
            ("hallo", "-"),
        ],
    );
}

#[test]
fn portuguese() {
    check(
        "pt",
        &[
            ("zero um dois três quatro cinco seis sete oito nove", "0123456789"),
            ("meia dois", "62"),
            ("vinte e três", "23"),
            ("quarenta e sete onze", "4711"),
            ("o meu número quatro sete por favor", "47"),
            ("olá", "-"),
        ],
    );
}

#[test]
fn danish() {
    check(
        "da",
        &[
            ("nul en to tre fire fem seks syv otte ni", "0123456789"),
            ("treogtyve", "23"),
            ("mit nummer er fire syv", "47"),
            ("hej", "-"),
        ],
    );
}
