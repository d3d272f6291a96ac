//! Suggestions for misspelled names.

/// The name that is most similar to `typed`. `None` if more than a third of its letters differ; in names of up to three
/// letters, one may differ.
pub(crate) fn nearest<'a>(
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&typed, &name.to_lowercase()), name))
        .min()
        .filter(|(distance, name)| *distance <= name.chars().count().max(3) / 3)
        .map(|(_, name)| name)
}
