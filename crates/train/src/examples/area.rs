/// The area under the receiver operating characteristic of `score` for finding corrupt examples: the probability that a random
/// corrupt example has a higher score than a random pristine one, ties counted half (Hanley and `McNeil` 1982). Below 1/2, corrupt
/// examples have the lower scores.
///
/// Examples whose score is `None` or not a number are left out. `None` when no corrupt, or no pristine, example is left.
///
/// ```
/// use consilience_train::examples::corrupt_area;
/// let score = [Some(1.0), Some(2.0), Some(f64::INFINITY), Some(2.0), None];
/// // corrupt 2 against pristine 1, 2; corrupt infinity against the same
/// let area = corrupt_area(&score, &[false, true, true, false, true]);
/// assert_eq!(area, Some((1.0 + 0.5 + 1.0 + 1.0) / 4.0));
/// ```
pub fn corrupt_area(score: &[Option<f64>], corrupt: &[bool]) -> Option<f64> {
    let defined =
        score.iter().zip(corrupt).filter_map(|(score, &corrupt)| Some((score.filter(|s| !s.is_nan())?, corrupt)));
    let mut ranked: Vec<(f64, bool)> = defined.collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = 0.0;
    let mut area = 0.0;
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        let corrupt = tied.iter().filter(|(_, corrupt)| *corrupt).count() as f64;
        let pristine = tied.len() as f64 - corrupt;
        area += corrupt * (below + 0.5 * pristine);
        below += pristine;
    }
    let corrupt = ranked.len() as f64 - below;
    (corrupt > 0.0 && below > 0.0).then(|| area / (corrupt * below))
}

#[cfg(test)]
mod tests {
    use super::corrupt_area;

    #[test]
    fn is_the_share_of_pairs_in_order() {
        let score: Vec<Option<f64>> = (0..40).map(|n| Some(f64::from(n * n % 17))).collect();
        let corrupt: Vec<bool> = (0..40).map(|n| n % 3 == 0).collect();
        let mut pairs = 0.0;
        let mut in_order = 0.0;
        for (a, _) in score.iter().zip(&corrupt).filter(|(_, corrupt)| **corrupt) {
            for (b, _) in score.iter().zip(&corrupt).filter(|(_, corrupt)| !**corrupt) {
                pairs += 1.0;
                in_order += if a > b {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                };
            }
        }
        assert_eq!(corrupt_area(&score, &corrupt), Some(in_order / pairs));
        assert_eq!(corrupt_area(&score, &[false; 40]), None);
        assert_eq!(corrupt_area(&[Some(-0.0), Some(0.0)], &[true, false]), Some(0.5), "both zeros are one number");
        assert_eq!(corrupt_area(&[Some(f64::NAN), Some(0.0)], &[true, false]), None);
    }
}
