//! The table of scores. A new score is one file beside this one and one line here.

use super::{Follow, ScoreEntry};
use super::{agreement, aum, el2n, forgetting, grand, learnt, prediction, pull, self_influence};

macro_rules! scores {
    ($($(#[$doc:meta])* $variant:ident = $module:ident),* $(,)?) => {
        /// A number about a single training example, gathered over a run.
        ///
        /// ```
        /// use consilience_train::examples::Score;
        /// let score = Score::named("aum").unwrap();
        /// assert_eq!(score.entry().columns[0].0, "aum");
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Score {
            $($(#[$doc])* $variant,)*
        }

        impl Score {
            /// All of them, in the order in which they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// What `list` and `explain` show.
            pub const fn entry(self) -> &'static ScoreEntry {
                match self {
                    $(Self::$variant => &$module::ENTRY,)*
                }
            }

            /// The score of `examples` examples with so many `outputs` each, of which nothing was seen yet.
            pub(super) fn begin(self, examples: usize, outputs: usize) -> Box<dyn Follow> {
                let mut score: Box<dyn Follow> = match self {
                    $(Self::$variant => Box::new($module::$variant::new(examples)),)*
                };
                score.begin(outputs);
                score
            }
        }
    };
}

scores! {
    /// When the given label was first, and last, learnt.
    Learnt = learnt,
    /// How often it was forgotten.
    Forgetting = forgetting,
    /// Area under the margin.
    Aum = aum,
    /// Length of the error vector.
    El2n = el2n,
    /// The class predicted on average over training.
    Prediction = prediction,
    /// Norm of the gradient.
    Grand = grand,
    /// `TracIn` of an example on itself.
    SelfInfluence = self_influence,
    /// Inner product with the mean gradient of the others.
    Agreement = agreement,
    /// Where the others push the logits.
    Pull = pull,
}

impl Score {
    /// The name, as in configuration files.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// The score of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|score| score.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Score;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_explanations_have_their_parts() {
        let mut names = HashSet::new();
        let mut columns = HashSet::new();
        for &score in Score::ALL {
            let entry = score.entry();
            assert!(names.insert(entry.name), "{}", entry.name);
            assert_eq!(Score::named(entry.name), Some(score));
            assert_eq!(score.begin(3, 2).columns().len(), entry.columns.len(), "{}", entry.name);
            for (column, _) in entry.columns {
                assert!(columns.insert(column) && column.starts_with(entry.name), "{column}");
            }
            assert!(!entry.summary.ends_with('.'), "{}", entry.name);
            for part in ["Definition: ", "Range: ", "Reading: ", "Undefined: ", "Cost: ", "Source: "] {
                assert!(entry.explanation.contains(part), "{} lacks {part}", entry.name);
            }
        }
    }
}
