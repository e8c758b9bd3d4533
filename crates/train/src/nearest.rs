//! The name a person most likely meant.

/// Similarity (Jaro-Winkler, 0 to 1) from which on a name counts as meant.
const SIMILAR: f64 = 0.75;

/// The one of `names` nearest to `name`, unless none is near.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(name, names).into_iter().next()
}

/// Those of `names` that are near to `name`, the nearest first.
pub fn ranked<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut near: Vec<(f64, &str)> = names
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&wanted, &known.to_lowercase()), known))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .collect();
    // The sort is stable: among equals, the first stays first.
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    near.into_iter().map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_strangers_are_not() {
        let names = ["epochs", "steps", "batch_size", "learning_rate"];
        for (typed, meant) in [
            ("epoch", Some("epochs")),
            ("batchsize", Some("batch_size")),
            ("Learning-Rate", Some("learning_rate")),
            ("zebra", None),
        ] {
            assert_eq!(nearest(typed, names), meant, "{typed}");
        }
    }
}
