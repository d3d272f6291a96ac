//! Times as administrators read them.

/// A time of few characters: `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`.
pub(super) fn elapsed_text(milliseconds: u64) -> String {
    let (tenths, seconds) = (milliseconds / 100, milliseconds / 1000);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        0..10 => format!("{}.{} s", tenths / 10, tenths % 10),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {} s", seconds % 60),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::elapsed::elapsed_text;

    #[test]
    fn times_are_shown_with_two_units_at_most() {
        let times = [0, 3_249, 10_000, 59_999, 250_000, 7_500_000, 273_600_000];
        let texts = ["0.0 s", "3.2 s", "10 s", "59 s", "4 min 10 s", "2 h 5 min", "3 d 4 h"];
        assert_eq!(times.map(elapsed_text), texts);
    }
}
