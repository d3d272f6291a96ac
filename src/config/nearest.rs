//! Suggestions for misspelled names.

/// The name that is most similar to `typed`. `None` if more than a third of its letters differ; in names of up to three
/// letters, one may differ. A name of one letter is similar to none.
pub(crate) fn nearest<'a>(
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&typed, &name.to_lowercase()), name))
        .min()
        .filter(|(distance, name)| {
            let letters = name.chars().count();
            *distance <= letters.max(3) / 3 && (*distance == 0 || letters > 1)
        })
        .map(|(_, name)| name)
}
