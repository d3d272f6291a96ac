//! Spanish.

use crate::script::numeric::check;

#[test]
fn digits_one_by_one() {
    check(
        "es",
        &[
            ("cero", "0"),
            ("uno dos tres cuatro cinco seis siete ocho nueve cero", "1234567890"),
            ("cero cinco", "05"),
            ("Cuatro, siete, uno, uno.", "4711"),
            ("nueve nueve nueve", "999"),
            ("cuatro siete un dos", "4712"),
            ("doble cinco", "55"),
            ("triple nueve uno", "9991"),
            ("tres veces el siete", "777"),
            ("dos veces cinco tres", "553"),
            ("un", "-"),
            ("una", "-"),
            ("doble", "-"),
        ],
    );
}

#[test]
fn numbers() {
    check(
        "es",
        &[
            ("diez", "10"),
            ("quince", "15"),
            ("dieciséis", "16"),
            ("dieciseis", "16"),
            ("diez y seis", "16"),
            ("veinte", "20"),
            ("veintiuno", "21"),
            ("veintitrés", "23"),
            ("veintinueve", "29"),
            ("treinta y cuatro", "34"),
            ("treinta cuatro", "34"),
            ("noventa y nueve", "99"),
            ("cien", "100"),
            ("ciento uno", "101"),
            ("ciento veintitrés", "123"),
            ("setecientos doce", "712"),
            ("quinientos", "500"),
            ("quinientas treinta y dos", "532"),
            ("mil", "1000"),
            ("mil novecientos ochenta y cuatro", "1984"),
            ("dos mil cinco", "2005"),
            ("dos mil quinientos", "2500"),
            ("doce mil trescientos cuarenta y cinco", "12345"),
            ("quinientos mil", "500000"),
            ("un millón", "1000000"),
            ("dos millones cinco", "2000005"),
        ],
    );
}

#[test]
fn consecutive_numbers_are_joined() {
    check(
        "es",
        &[
            ("cuarenta y siete once", "4711"),
            ("cuatro siete once", "4711"),
            ("diecinueve ochenta y cuatro", "1984"),
            ("veinte veinticuatro", "2024"),
            ("cero seis doce treinta y cuatro", "061234"),
            ("diez dos", "102"),
            ("seis 12 tres", "6123"),
        ],
    );
}

#[test]
fn filler_words_are_ignored_and_other_words_give_no_number() {
    check(
        "es",
        &[
            ("eh cuatro siete", "47"),
            ("mi número es cuatro siete uno uno", "4711"),
            ("mi número es el cuatro siete por favor", "47"),
            ("es el cinco", "5"),
            ("cuatro este siete", "47"),
            ("¿cuatro siete?", "47"),
            ("hola", "-"),
            ("no sé", "-"),
            ("uno y dos", "-"),
            ("menos cuatro", "-"),
            ("tres coma cinco", "-"),
            ("primero", "-"),
            ("cuatro o cinco", "-"),
            ("por favor", "-"),
            ("", "-"),
        ],
    );
}
