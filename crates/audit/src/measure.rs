use crate::{AuditError, Examples};

/// Which end of a score is suspicious.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Mislabelled examples have low scores.
    Low,
    /// Mislabelled examples have high scores.
    High,
}

/// A column that ranks examples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measure {
    /// The column.
    pub column: &'static str,
    /// What it is called in narrow tables.
    pub heading: &'static str,
    /// Which end is suspicious.
    pub suspicious: End,
}

const fn low(column: &'static str, heading: &'static str) -> Measure {
    Measure { column, heading, suspicious: End::Low }
}

const fn high(column: &'static str, heading: &'static str) -> Measure {
    Measure { column, heading, suspicious: End::High }
}

/// All measures. Of those that a run has, the first is the one that ranks unless another is asked for: the order in which they
/// found wrong labels on Fashion-MNIST (`docs/audit.md`), those first that no example's own gradient has a say in.
pub const MEASURES: [Measure; 14] = [
    low("held_out_agreement", "agreement\nheld out"),
    low("held_out_margin", "AUM\nheld out"),
    low("held_out_probability", "probability\nheld out"),
    low("held_out_probability_margin", "probability\nmargin"),
    low("aum", "AUM"),
    high("el2n", "EL2N"),
    high("forgetting_events", "forgotten"),
    high("learnt_first", "learnt at"),
    high("learnt_last", "learnt for\ngood at"),
    high("self_influence", "self-\ninfluence"),
    high("grand", "GraNd"),
    low("agreement_cosine", "agreement\ncosine"),
    low("pull_margin", "pull"),
    low("agreement", "agreement"),
];

impl Measure {
    /// The measure whose column is called `name`.
    pub fn named(name: &str) -> Option<Self> {
        MEASURES.into_iter().find(|measure| measure.column == name)
    }

    /// The measures that `examples` have, in the order of [`MEASURES`].
    pub fn of(examples: &Examples) -> Vec<Self> {
        let defined =
            |measure: &Self| examples.score(measure.column).is_some_and(|score| score.iter().any(Option::is_some));
        MEASURES.into_iter().filter(defined).collect()
    }

    /// The measure called `name`, or else the first that `examples` have.
    ///
    /// # Errors
    /// [`AuditError::UnknownScore`], [`AuditError::NoScore`].
    pub fn choose(examples: &Examples, name: Option<&str>) -> Result<Self, AuditError> {
        let known = Self::of(examples);
        let columns = || examples.scores.iter().map(|(name, _)| name.clone()).collect();
        let Some(name) = name else {
            return known.first().copied().ok_or_else(|| AuditError::NoScore { columns: columns() });
        };
        known.iter().find(|measure| measure.column == name).copied().ok_or_else(|| AuditError::UnknownScore {
            name: name.to_owned(),
            known: known.iter().map(|measure| measure.column.to_owned()).collect(),
        })
    }

    /// How suspicious a value is: the higher, the more.
    pub fn suspicion(self, value: f64) -> f64 {
        match self.suspicious {
            End::Low => -value,
            End::High => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_record::{Cells, Column};
    use consilience_train::HELD_OUT;
    use consilience_train::examples::Score;

    #[test]
    fn every_column_that_a_run_writes_ranks_or_is_a_label() {
        let of_scores = Score::ALL.iter().flat_map(|score| score.entry().columns).map(|(name, _)| *name);
        let written: Vec<&str> = HELD_OUT.columns.iter().map(|(name, _)| *name).chain(of_scores).collect();
        let labels = [
            "held_out_label",
            "held_out_label_probability",
            "prediction_label",
            "prediction_probability",
            "pull_label",
        ];
        for name in &written {
            assert!(Measure::named(name).is_some() != labels.contains(name), "{name}");
        }
        for measure in MEASURES {
            assert!(written.contains(&measure.column), "{}", measure.column);
        }
    }

    #[test]
    fn the_first_that_is_defined_is_chosen() {
        let columns = vec![
            Column::new("held_out_agreement", Cells::Numbers(vec![None, None])),
            Column::new("agreement", Cells::Numbers(vec![Some(1.0), None])),
            Column::new("grand", Cells::Numbers(vec![Some(1.0), None])),
        ];
        let examples = Examples::from_columns(columns).unwrap();
        assert_eq!(Measure::choose(&examples, None).unwrap().column, "grand");
        assert_eq!(Measure::choose(&examples, Some("grand")).unwrap().suspicious, End::High);
        assert_eq!(
            Measure::choose(&examples, Some("aum")).unwrap_err().to_string(),
            "`aum` does not rank these examples; grand, agreement would"
        );
        let none = Examples::from_columns(vec![]).unwrap();
        assert!(matches!(Measure::choose(&none, None), Err(AuditError::NoScore { .. })));
    }
}
