use crate::{End, Examples, Measure, Ranking, Suspects};
use consilience_train::examples::corrupt_area;

/// How well examples with a wrong label were found, where the true labels are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Examples whose given label is wrong.
    pub corrupt: usize,
    /// All examples.
    pub examples: usize,
    /// For each measure the area under the receiver operating characteristic: the probability that a random example with a wrong
    /// label is more suspicious than a random one with a right label, ties counted half. In the order of
    /// [`MEASURES`](crate::MEASURES).
    pub areas: Vec<(Measure, Option<f64>)>,
    /// Of the `K` most suspicious examples of the ranking, the share whose label is wrong: for the `K` asked for, and for as many
    /// as there are wrong labels, the smaller first. `None` when there are not so many.
    pub precision_at: Vec<(usize, Option<f64>)>,
    /// How well the suspected ones were chosen, when there are any rules to suspect by.
    pub flagged: Option<Flagged>,
    /// Of the examples whose label is wrong, the share whose suggested label is the true one.
    pub suggestions: Option<f64>,
}

/// How well suspected examples were chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flagged {
    /// Of the suspected, the share whose label is wrong; `None` without suspected ones.
    pub precision: Option<f64>,
    /// Of those whose label is wrong, the share that is suspected; `None` without wrong labels.
    pub recall: Option<f64>,
}

impl Evaluation {
    /// Compares a ranking, its first `top` examples and the suspects with the true labels; none when these are not known, or none
    /// is wrong.
    pub fn of(examples: &Examples, ranking: &Ranking, suspects: Option<&Suspects>, top: usize) -> Option<Self> {
        let tags = examples.tags.as_ref()?;
        let corrupt = tags.corrupt.iter().filter(|&&corrupt| corrupt).count();
        if corrupt == 0 {
            return None;
        }
        let area = |measure: Measure| {
            let area = corrupt_area(examples.score(measure.column)?, &tags.corrupt)?;
            Some(if measure.suspicious == End::Low { 1.0 - area } else { area })
        };
        let hits = |places: &[usize]| places.iter().filter(|&&place| tags.corrupt[place]).count();
        let precision = |count: usize| {
            let first = ranking.order.get(..count).filter(|first| !first.is_empty())?;
            Some(hits(first) as f64 / count as f64)
        };
        let mut counts = vec![top, corrupt];
        counts.sort_unstable();
        counts.dedup();
        let flagged = suspects.map(|suspects| {
            let found: Vec<usize> = (0..examples.len()).filter(|&place| suspects.flags[place]).collect();
            let hits = hits(&found) as f64;
            Flagged {
                precision: (!found.is_empty()).then(|| hits / found.len() as f64),
                recall: Some(hits / corrupt as f64),
            }
        });
        let suggestions = examples.suggested().map(|suggested| {
            let wrong = (0..examples.len()).filter(|&place| tags.corrupt[place]);
            wrong.filter(|&place| suggested[place] == Some(tags.truth[place])).count() as f64 / corrupt as f64
        });
        Some(Self {
            corrupt,
            examples: examples.len(),
            areas: Measure::of(examples).into_iter().map(|measure| (measure, area(measure))).collect(),
            precision_at: counts.into_iter().map(|count| (count, precision(count))).collect(),
            flagged,
            suggestions,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank;
    use consilience_record::{Cells, Column};

    #[test]
    fn by_hand() {
        let numbers = |values: &[f64]| Cells::Numbers(values.iter().copied().map(Some).collect());
        let columns = vec![
            Column::new("given_label", Cells::Classes(vec![0, 1, 2, 0, 1])),
            Column::new("true_label", Cells::Classes(vec![0, 1, 2, 1, 0])),
            Column::new("corrupt", Cells::Flags(vec![false, false, false, true, true])),
            Column::new("aum", numbers(&[3.0, -2.0, 1.0, -3.0, 2.0])),
            Column::new("pull_label", numbers(&[0.0, 0.0, 2.0, 1.0, 1.0])),
            Column::new("grand", numbers(&[1.0, 1.0, 1.0, 1.0, 2.0])),
        ];
        let examples = Examples::from_columns(columns).unwrap();
        let ranking = rank(&examples, Measure::choose(&examples, None).unwrap());
        assert_eq!(ranking.order, [3, 1, 2, 4, 0]);
        let suspects = Suspects::find(&examples).unwrap();
        let got = Evaluation::of(&examples, &ranking, Some(&suspects), 1).unwrap();
        // of six pairs of a wrong and a right label, the first wrong one wins three, the second one; of ties each counts half
        let areas: Vec<_> = got.areas.iter().map(|(measure, area)| (measure.column, area.unwrap())).collect();
        assert_eq!(areas, [("aum", 1.0 - 2.0 / 6.0), ("grand", (3.0 + 1.5) / 6.0)]);
        assert_eq!(got.precision_at, [(1, Some(1.0)), (2, Some(0.5))]);
        assert_eq!(got.flagged, Some(Flagged { precision: Some(0.5), recall: Some(0.5) }));
        assert_eq!((got.corrupt, got.examples, got.suggestions), (2, 5, Some(0.5)));
        let more = Evaluation::of(&examples, &ranking, None, 9).unwrap();
        assert_eq!(more.precision_at, [(2, Some(0.5)), (9, None)], "there are not so many");
    }

    #[test]
    fn without_truth_or_wrong_labels_there_is_nothing_to_compare_with() {
        let aum = || Column::new("aum", Cells::Numbers(vec![Some(1.0)]));
        let none = Examples::from_columns(vec![aum()]).unwrap();
        let columns = vec![
            Column::new("true_label", Cells::Classes(vec![1])),
            Column::new("corrupt", Cells::Flags(vec![false])),
            aum(),
        ];
        let clean = Examples::from_columns(columns).unwrap();
        for examples in [none, clean] {
            let ranking = rank(&examples, Measure::choose(&examples, None).unwrap());
            assert_eq!(Evaluation::of(&examples, &ranking, None, 1), None);
        }
    }
}
