use crate::Examples;

/// Why examples are suspected. Each rule has its threshold from what the score means, not from the data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// `held_out_agreement` below 0: summed over training, steps on other examples have raised the example's loss. A label that
    /// follows from the input like those of the others has its loss lowered.
    Agreement,
    /// `aum` below 0: on average over training another class lies above the given one. It finds nearly all wrong labels and calls
    /// more right ones wrong than [`Rule::Agreement`].
    Margin,
}

/// The examples that are probably mislabelled.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspects {
    /// Why.
    pub rule: Rule,
    /// Which, `[N]`.
    pub flags: Vec<bool>,
}

impl Rule {
    /// The column whose values below 0 are suspected.
    pub const fn column(self) -> &'static str {
        match self {
            Self::Agreement => "held_out_agreement",
            Self::Margin => "aum",
        }
    }

    /// Why, for people: it completes "those where ...".
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Agreement => "the training steps on other examples have raised the loss (held_out_agreement below 0)",
            Self::Margin => "another class lies above the given one on average over training (aum below 0)",
        }
    }
}

impl Suspects {
    /// By the first of the rules whose column `examples` have; none when they have none.
    pub fn find(examples: &Examples) -> Option<Self> {
        let by = |rule: Rule| {
            let flags =
                examples.score(rule.column())?.iter().map(|value| value.is_some_and(|value| value < 0.0)).collect();
            Some(Self { rule, flags })
        };
        [Rule::Agreement, Rule::Margin].into_iter().find_map(by)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.flags.iter().filter(|&&flag| flag).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_record::{Cells, Column};

    #[test]
    fn a_sign_decides() {
        let column = |name: &str, values: [Option<f64>; 3]| Column::new(name, Cells::Numbers(values.to_vec()));
        let find = |columns: Vec<Column>| Suspects::find(&Examples::from_columns(columns).unwrap());
        let agreement = column("held_out_agreement", [Some(-1.0), Some(0.0), None]);
        let aum = column("aum", [Some(1.0), Some(-1.0), Some(f64::NEG_INFINITY)]);
        let by_agreement = Suspects { rule: Rule::Agreement, flags: vec![true, false, false] };
        assert_eq!(by_agreement.count(), 1);
        assert_eq!(find(vec![aum.clone(), agreement]), Some(by_agreement));
        assert_eq!(find(vec![aum]), Some(Suspects { rule: Rule::Margin, flags: vec![false, true, true] }));
        assert_eq!(find(vec![column("grand", [Some(1.0), None, None])]), None);
    }
}
