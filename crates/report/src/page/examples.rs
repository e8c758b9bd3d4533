//! The table of training examples, and which of them look mislabelled.

use consilience_record::{Cells, Column};
use std::collections::BTreeMap;

/// What `examples.parquet` says, as far as it is known here. Every list is empty when the table has no such column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examples {
    /// The index of each example in its source, `[N]`.
    pub ids: Vec<u64>,
    /// The given labels, `[N]`.
    pub given: Vec<u32>,
    /// The labels before corruption, `[N]`.
    pub truth: Vec<u32>,
    /// Whether the two differ, `[N]`.
    pub corrupt: Vec<bool>,
    /// The scores by name, `[N]` each.
    pub scores: Vec<(String, Vec<Option<f64>>)>,
}

/// Training examples in the order of suspicion: the one most probably mislabelled first.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// What it is called.
    pub name: String,
    /// One line that says how the order comes about.
    pub meaning: String,
    /// Rows of the table, the most suspicious first. Examples without a score are left out.
    pub rows: Vec<usize>,
    /// The label that the other examples suggest, by row; empty where the ranking suggests none.
    pub suggested: BTreeMap<usize, u32>,
}

/// Which end of a score speaks for a wrong label.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Low,
    High,
}

/// The scores that rank, the most telling first: the score, the score that decides between equals, which end is suspicious, and
/// what that means.
const RANKINGS: [(&str, Option<&str>, End, &str); 12] = [
    ("held_out_agreement", None, End::Low, "those first whose loss training on other examples has raised most"),
    (
        "held_out_margin",
        None,
        End::Low,
        "lowest margin of the given label first, by networks that have not trained on it",
    ),
    ("held_out_probability", None, End::Low, "those first whose given label other examples make least probable"),
    (
        "held_out_probability_margin",
        None,
        End::Low,
        "those first for which other examples speak most for another label",
    ),
    ("agreement", Some("aum"), End::Low, "lowest agreement of the example's gradient with those of the others first"),
    ("agreement_cosine", Some("aum"), End::Low, "lowest cosine to the gradients of the others first"),
    ("aum", None, End::Low, "lowest margin of the given label first"),
    ("el2n", None, End::High, "longest error vector first"),
    ("grand", None, End::High, "largest gradient first"),
    ("self_influence", None, End::High, "largest influence on its own loss first"),
    ("forgetting_events", Some("aum"), End::High, "never learnt, then most often forgotten first"),
    ("learnt_last", Some("aum"), End::High, "never learnt, then latest learnt first"),
];

/// The columns that hold a label instead of a score: what the other examples suggest, the most telling first.
const SUGGESTIONS: [&str; 3] = ["held_out_label", "prediction_label", "pull_label"];

/// Whether the values of the column `name` are labels.
pub(crate) fn is_label(name: &str) -> bool {
    SUGGESTIONS.contains(&name)
}

impl Examples {
    /// Of the columns of a table. What is not known is left out.
    pub fn of(columns: Vec<Column>) -> Self {
        let mut examples = Self::default();
        for Column { name, values } in columns {
            match (name.as_str(), values) {
                ("id", Cells::Ids(values)) => examples.ids = values,
                ("given_label", Cells::Classes(values)) => examples.given = values,
                ("true_label", Cells::Classes(values)) => examples.truth = values,
                ("corrupt", Cells::Flags(values)) => examples.corrupt = values,
                (_, Cells::Numbers(values)) => examples.scores.push((name, values)),
                _ => {}
            }
        }
        examples
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        let columns = [self.ids.len(), self.given.len(), self.truth.len(), self.corrupt.len()];
        let scores = self.scores.iter().map(|(_, values)| values.len());
        columns.into_iter().chain(scores).max().unwrap_or(0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The score called `name`.
    pub fn score(&self, name: &str) -> Option<&[Option<f64>]> {
        self.scores.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }

    /// Whether some are tagged corrupt, so that rankings can be held against the truth.
    pub fn has_corrupt(&self) -> bool {
        self.corrupt.contains(&true)
    }

    /// The rankings that the recorded scores give, the most telling first.
    pub fn rankings(&self) -> Vec<Ranking> {
        let suggested: BTreeMap<usize, u32> = SUGGESTIONS
            .iter()
            .find_map(|name| self.score(name))
            .into_iter()
            .flat_map(|labels| labels.iter().enumerate())
            .filter_map(|(row, label)| Some((row, label.filter(|label| label.fract() == 0.0 && *label >= 0.0)? as u32)))
            .collect();
        let ranking = |&(name, second, end, meaning): &(&str, Option<&str>, End, &str)| {
            let score = self.score(name)?;
            let second = second.and_then(|second| self.score(second));
            let mut rows: Vec<usize> =
                (0..score.len()).filter(|&row| score[row].is_some_and(|value| !value.is_nan())).collect();
            let key = |row: usize| {
                let value = score[row].unwrap_or(f64::NAN);
                // Between equals the lower margin is more suspicious.
                let next = second.and_then(|second| *second.get(row)?).unwrap_or(f64::INFINITY);
                (if end == End::Low { value } else { -value }, next)
            };
            rows.sort_by(|&a, &b| {
                let ((a, next_a), (b, next_b)) = (key(a), key(b));
                a.total_cmp(&b).then(next_a.total_cmp(&next_b))
            });
            (!rows.is_empty()).then(|| Ranking {
                name: name.to_owned(),
                meaning: meaning.to_owned(),
                rows,
                suggested: suggested.clone(),
            })
        };
        RANKINGS.iter().filter_map(ranking).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suspicious_end_of_each_score_comes_first() {
        let numbers = |name: &str, values: &[f64]| {
            Column::new(name, Cells::Numbers(values.iter().map(|&value| Some(value).filter(|v| !v.is_nan())).collect()))
        };
        let examples = Examples::of(vec![
            Column::new("id", Cells::Ids(vec![7, 8, 9, 10])),
            Column::new("corrupt", Cells::Flags(vec![false, true, false, true])),
            Column::new("surprise", Cells::Flags(vec![true; 4])),
            numbers("forgetting_events", &[1.0, f64::INFINITY, 0.0, f64::INFINITY]),
            numbers("aum", &[2.0, -3.0, f64::NAN, -4.0]),
            numbers("unknown", &[0.0; 4]),
            numbers("held_out_label", &[5.0, f64::NAN, 0.0, 2.0]),
        ]);
        assert_eq!((examples.len(), examples.given.len(), examples.scores.len()), (4, 0, 4));
        let rankings = examples.rankings();
        let ranked: Vec<_> = rankings.iter().map(|r| (r.name.as_str(), r.rows.as_slice())).collect();
        assert_eq!(ranked, [("aum", &[3, 1, 0][..]), ("forgetting_events", &[3, 1, 0, 2][..])]);
        assert_eq!(rankings[0].suggested, BTreeMap::from([(0, 5), (2, 0), (3, 2)]));
    }
}
