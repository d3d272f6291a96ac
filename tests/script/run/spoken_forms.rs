//! Dates, times, amounts of money, ordinals and telephone numbers: the exact text for a text-to-speech engine.

use super::call::ScriptCall;

/// The text that an engine gets for a form in a text, such as `date:$v`, where `$v` is this JSON value.
pub(super) async fn said(voice: &str, form: &str, value: &str) -> String {
    let script = format!(
        "[voice]\n{voice}\n[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{{{form}}}'\n[no_response]"
    );
    let answer = format!(r#"{{"v": {value}}}"#);
    let ended = ScriptCall::of(script.leak()).answers_json(&answer).runs().await;
    let said = ended.done.iter().find_map(|what| what.strip_prefix("say "));
    said.unwrap_or_default().to_owned()
}

async fn check(language: &str, form: &str, rows: &[(&str, &str)]) {
    for (value, expected) in rows {
        let voice = format!("language = '{language}'");
        let text = said(&voice, form, &format!("{value:?}")).await;
        assert_eq!(text, *expected, "{language} {form} {value}");
    }
}

#[tokio::test]
async fn english_says_the_day_as_an_ordinal_and_has_twelve_hours() {
    let dates = [
        ("2026-12-01", "Tuesday, December 1st, 2026"),
        ("2026-12-22T14:30", "Tuesday, December 22nd, 2026"),
        ("20270311", "Thursday, March 11th, 2027"),
    ];
    check("en", "date:$v", &dates).await;
    check("en-GB", "date:$v", &[("2026-12-03", "Thursday, 3rd December 2026")]).await;
    let times = [
        ("14:30", "2:30 PM"),
        ("2026-12-01T14:00", "2 PM"),
        ("00:05:59", "12:05 AM"),
        ("12:00", "12 PM"),
    ];
    check("en", "time:$v", &times).await;
    check("en-GB", "time:$v", &[("14:05", "2:05 pm")]).await;
    let both = [
        ("2026-12-01 14:30", "Tuesday, December 1st, 2026 at 2:30 PM"),
        ("2026-12-01", "Tuesday, December 1st, 2026"),
    ];
    check("en", "datetime:$v", &both).await;
    let ordinals = [("1", "1st"), ("2", "2nd"), ("13", "13th"), ("1,003", "1003rd"), ("0", "0th")];
    check("en", "ordinal:$v", &ordinals).await;
    let amounts = [
        ("15.50", "15 euros and 50 cents"),
        ("15,50", "15 euros and 50 cents"),
        ("1", "1 euro"),
        ("0.01", "1 cent"),
        ("-2.00", "minus 2 euros"),
        ("$1,234.05", "1234 US dollars and 5 cents"),
        ("GBP 0.99", "99 pence"),
        ("1000 ¥", "1000 Japanese yen"),
        ("KWD 1.250", "1.25 Kuwaiti dinars"),
        ("0.125", "0.125 euros"),
    ];
    check("en", "money:$v EUR", &amounts).await;
    check("en-CA", "money:$v", &[("$5", "5 Canadian dollars")]).await;
}

#[tokio::test]
async fn german_says_den_ersten_and_uhr() {
    let dates = [
        ("2026-12-01", "Dienstag, den ersten Dezember 2026"),
        ("2026-10-21", "Mittwoch, den einundzwanzigsten Oktober 2026"),
    ];
    check("de", "date:$v", &dates).await;
    let times = [("14:30", "14 Uhr 30"), ("14:00", "14 Uhr"), ("01:05", "ein Uhr 5")];
    check("de", "time:$v", &times).await;
    let both = [("2026-12-03T09:00", "Donnerstag, den dritten Dezember 2026 um 9 Uhr")];
    check("de-AT", "datetime:$v", &both).await;
    let ordinals = [("3", "dritte"), ("77", "siebenundsiebzigste"), ("100", "100.")];
    check("de", "ordinal:$v", &ordinals).await;
    let amounts = [
        ("15,50", "15 Euro und 50 Cent"),
        ("1.234", "1234 Euro"),
        ("1", "ein Euro"),
        ("1 CHF", "ein Schweizer Franken"),
        ("-0,05 CHF", "minus 5 Rappen"),
    ];
    check("de", "money:$v EUR", &amounts).await;
}

#[tokio::test]
async fn french_says_premier_and_heures() {
    let dates =
        [("2026-12-01", "mardi 1er décembre 2026"), ("2026-12-02", "mercredi 2 décembre 2026")];
    check("fr", "date:$v", &dates).await;
    let times = [("14:30", "14 heures 30"), ("01:00", "une heure"), ("00:10", "0 heure 10")];
    check("fr", "time:$v", &times).await;
    check("fr", "datetime:$v", &[("2026-12-02T14:30", "mercredi 2 décembre 2026 à 14 heures 30")])
        .await;
    check("fr", "ordinal:$v", &[("1", "1er"), ("2", "2ème")]).await;
    let amounts = [
        ("15,50", "15 euros et 50 centimes"),
        ("0", "0 euro"),
        ("USD 2.10", "2 dollars des États-Unis et 10 cents"),
    ];
    check("fr", "money:$v EUR", &amounts).await;
}

#[tokio::test]
async fn spanish_says_las_and_horas() {
    check("es", "date:$v", &[("2026-12-01", "martes, 1 de diciembre de 2026")]).await;
    let times = [("09:30", "9:30"), ("14:00", "14 horas"), ("01:00", "1 hora"), ("00:05", "0:05")];
    check("es", "time:$v", &times).await;
    check("es-MX", "time:$v", &[("14:00", "2 p.m.")]).await;
    check(
        "es",
        "datetime:$v",
        &[("2026-12-01T14:30", "martes, 1 de diciembre de 2026 a las 14:30")],
    )
    .await;
    let at_one = [
        ("2026-12-01T01:30", "martes, 1 de diciembre de 2026 a la 1:30"),
        ("2026-12-01T13:30", "martes, 1 de diciembre de 2026 a las 13:30"),
    ];
    check("es", "datetime:$v", &at_one).await;
    check("es", "ordinal:$v", &[("3", "3º")]).await;
    let amounts = [
        ("15,50", "15 euros con 50 céntimos"),
        ("1", "un euro"),
        ("1 GBP", "una libra esterlina"),
        ("USD -2.01", "menos 2 dólares estadounidenses con un centavo"),
    ];
    check("es", "money:$v EUR", &amounts).await;
}

#[tokio::test]
async fn hindi_says_the_time_of_the_day() {
    check("hi", "date:$v", &[("2026-12-01", "मंगलवार, 1 दिसंबर, 2026")]).await;
    let times = [
        ("14:30", "दोपहर 2 बजकर 30 मिनट"),
        ("18:00", "शाम 6 बजे"),
        ("00:15", "रात 12 बजकर 15 मिनट"),
    ];
    check("hi", "time:$v", &times).await;
    let both = [("2026-12-01T09:00", "मंगलवार, 1 दिसंबर, 2026 को सुबह 9 बजे")];
    check("hi", "datetime:$v", &both).await;
    check("hi", "ordinal:$v", &[("1", "पहला"), ("5", "5वाँ")]).await;
    let amounts = [("₹15.50", "15 भारतीय रुपए 50 पैसे"), ("INR 1", "1 भारतीय रुपया")];
    check("hi", "money:$v", &amounts).await;
}

#[tokio::test]
async fn other_languages_of_cldr_are_spoken_as_it_writes_them() {
    check("it", "datetime:$v", &[("2026-12-01T14:30", "martedì 1 dicembre 2026, 14:30")]).await;
    check("ja", "date:$v", &[("2026-12-01", "2026年12月1日火曜日")]).await;
    check("pl", "money:$v PLN", &[("5", "5 złotych polskich"), ("1,5", "1,50 złotego polskiego")])
        .await;
    check("es-MX", "money:$v", &[("JPY 1.5", "1.50 yenes japoneses")]).await;
    check("it", "ordinal:$v", &[("3", "3")]).await;
    // CLDR knows nothing about it.
    check("xx", "date:$v", &[("2026-12-01", "2026-12-01")]).await;
}

/// The tables of the manual, with a row for each language.
#[tokio::test]
async fn the_manual_shows_what_is_spoken() {
    let page = include_str!("../../../docs/scripts/texts.md");
    for (title, columns) in [
        ("### Dates and times", [("datetime:$v", "2026-12-01T14:30"), ("time:$v", "14:00")]),
        ("### Money", [("money:$v EUR", "15.50"), ("money:$v", "$1,234.05")]),
    ] {
        let (_, section) = page.split_once(title).unwrap();
        let table = section.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
        let rows: Vec<_> = table.take_while(|line| line.starts_with("| `")).collect();
        assert!(rows.len() >= 6, "{title}: {rows:?}");
        for row in rows {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            for ((form, value), expected) in columns.into_iter().zip(&cells[2..]) {
                check(cells[1].trim_matches('`'), form, &[(value, expected)]).await;
            }
        }
    }
}

#[tokio::test]
async fn a_telephone_number_is_spoken_digit_by_digit_in_groups() {
    let numbers = [
        ("+49 30 1234", "+ 4 9, 3 0, 1 2 3 4"),
        ("+4930123456", "+ 4 9 3, 0 1 2, 3 4 5 6"),
        ("(030) 12-34", "0 3 0, 1 2, 3 4"),
        ("112", "1 1 2"),
    ];
    check("en", "phone:$v", &numbers).await;
    check("en", "phone:$v", &[("anonymous", "anonymous"), ("-5", "-5"), ("1.5", "1.5")]).await;
}

#[tokio::test]
async fn a_time_is_told_in_the_zone_of_the_script_or_as_it_is_written() {
    let berlin = "language = 'en'\ntimezone = 'Europe/Berlin'";
    for (value, expected) in [
        (r#""2026-12-01T23:30:00Z""#, "Wednesday, December 2nd, 2026 at 12:30 AM"),
        // In summer, Berlin is two hours ahead.
        (r#""2026-07-01T10:00:00+00:00""#, "Wednesday, July 1st, 2026 at 12 PM"),
        (r#""2026-07-01T10:00:00""#, "Wednesday, July 1st, 2026 at 10 AM"),
        ("1796135400", "Tuesday, December 1st, 2026 at 3:30 PM"),
        (r#""1796135400.75""#, "Tuesday, December 1st, 2026 at 3:30 PM"),
    ] {
        assert_eq!(said(berlin, "datetime:$v", value).await, expected, "{value}");
    }
    let written = "2026-12-01T23:30:00-05:00";
    assert_eq!(said("language = 'en'", "time:$v", &format!("{written:?}")).await, "11:30 PM");
}

#[tokio::test]
async fn what_is_no_date_is_spoken_as_a_text() {
    for value in [
        "99999-01-01",
        "+099999-01-01",
        "-002026-01-01",
        "0000-00-00",
        "0999-01-01",
        "2026-02-29",
        "2026-13-01",
        "2026",
        "1430",
        "1764600000000",
        "99999999999999999999",
        "-1796135400",
        "2026-12-01T25:00",
        "tomorrow",
    ] {
        assert_eq!(said("language = 'en'", "date:$v", &format!("{value:?}")).await, value);
    }
    assert_eq!(said("language = 'en'", "time:$v", r#""2026-12-01""#).await, "2026-12-01");
    assert_eq!(said("language = 'en'", "datetime:$v", r#""14:30""#).await, "14:30");
    for value in ["15.50", "EUR", "15 XXZ", "EUR 1000000000000000", "1/2"] {
        assert_eq!(said("language = 'en'", "money:$v", &format!("{value:?}")).await, value);
    }
    for value in ["-3", "1.5", "3rd", "1000000000000000"] {
        assert_eq!(said("language = 'en'", "ordinal:$v", &format!("{value:?}")).await, value);
    }
}
