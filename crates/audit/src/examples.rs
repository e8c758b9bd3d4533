use crate::AuditError;
use consilience_record::{Cells, Column, RunReader};
use std::path::Path;

/// The training examples of a run, in the order of its data, with everything the run has written down about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    /// The index of every example in its source, `[N]`.
    pub ids: Vec<u64>,
    /// The given labels, `[N]`; none where targets are values.
    pub given: Option<Vec<u32>>,
    /// What is known of the truth. Only an [`Evaluation`](crate::Evaluation) may read it.
    pub tags: Option<Tags>,
    /// The columns of numbers, by name, `[N]` each. `None` where undefined.
    pub scores: Vec<(String, Vec<Option<f64>>)>,
}

/// The truth about the labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags {
    /// The true labels, `[N]`.
    pub truth: Vec<u32>,
    /// Whether the given label differs from the true one, `[N]`.
    pub corrupt: Vec<bool>,
}

impl Examples {
    /// The table of the run in `directory`.
    ///
    /// # Errors
    /// [`AuditError::Record`]; [`AuditError::NoTable`]; as [`Examples::from_columns`].
    pub fn read(directory: &Path) -> Result<Self, AuditError> {
        let columns = RunReader::open(directory)?.examples()?;
        Self::from_columns(columns.ok_or_else(|| AuditError::NoTable { directory: directory.to_owned() })?)
    }

    /// The table that `columns` are. Columns that are missing are done without: without `id`, examples are numbered.
    ///
    /// # Errors
    /// [`AuditError::WrongColumn`] when columns differ in length, or one with a name of ours has another type.
    pub fn from_columns(columns: Vec<Column>) -> Result<Self, AuditError> {
        let rows = columns.first().map_or(0, |column| length(&column.values));
        let (mut ids, mut given, mut truth, mut corrupt) = (None, None, None, None);
        let mut scores = Vec::new();
        for Column { name, values } in columns {
            let wrong =
                |expected: String, found: String| AuditError::WrongColumn { column: name.clone(), expected, found };
            if length(&values) != rows {
                return Err(wrong(format!("{rows} rows"), format!("{}", length(&values))));
            }
            match (name.as_str(), values) {
                ("id", Cells::Ids(values)) => ids = Some(values),
                ("given_label", Cells::Classes(values)) => given = Some(values),
                ("true_label", Cells::Classes(values)) => truth = Some(values),
                ("corrupt", Cells::Flags(values)) => corrupt = Some(values),
                ("id" | "given_label" | "true_label" | "corrupt", values) => {
                    return Err(wrong("its own type".to_owned(), kind(&values).to_owned()));
                }
                (_, Cells::Numbers(values)) => scores.push((name, values)),
                // a column of another program
                _ => {}
            }
        }
        let tags = truth.zip(corrupt).map(|(truth, corrupt)| Tags { truth, corrupt });
        Ok(Self { ids: ids.unwrap_or_else(|| (0..rows as u64).collect()), given, tags, scores })
    }

    /// The number of examples, `N`.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The column called `name`.
    pub fn score(&self, name: &str) -> Option<&[Option<f64>]> {
        self.scores.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }

    /// The labels that the others suggest, `[N]`, where the run has measured them: by networks that have not trained on the
    /// example, else by predictions over training, else by the gradients of the others.
    pub fn suggested(&self) -> Option<Vec<Option<u32>>> {
        let labels =
            ["held_out_label", "prediction_label", "pull_label"].into_iter().find_map(|name| self.score(name))?;
        // a class was written as a number, because it may be undefined
        let class =
            |label: f64| (label >= 0.0 && label <= f64::from(u32::MAX) && label.fract() == 0.0).then_some(label as u32);
        Some(labels.iter().map(|label| label.and_then(class)).collect())
    }
}

fn length(values: &Cells) -> usize {
    match values {
        Cells::Ids(values) => values.len(),
        Cells::Classes(values) => values.len(),
        Cells::Flags(values) => values.len(),
        Cells::Numbers(values) => values.len(),
    }
}

const fn kind(values: &Cells) -> &'static str {
    match values {
        Cells::Ids(_) => "places in a source",
        Cells::Classes(_) => "classes",
        Cells::Flags(_) => "flags",
        Cells::Numbers(_) => "numbers",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_done_without() {
        let numbers = || Cells::Numbers(vec![Some(1.0), None]);
        let examples = Examples::from_columns(vec![Column::new("aum", numbers())]).unwrap();
        assert_eq!((examples.ids.as_slice(), &examples.given, &examples.tags), (&[0, 1][..], &None, &None));
        assert_eq!(examples.suggested(), None);
        let columns = vec![Column::new("held_out_label", Cells::Numbers(vec![Some(3.0), Some(0.5)]))];
        assert_eq!(Examples::from_columns(columns).unwrap().suggested(), Some(vec![Some(3), None]));
    }

    #[test]
    fn columns_that_are_not_what_they_should_be_are_named() {
        let two = || Column::new("aum", Cells::Numbers(vec![Some(1.0), None]));
        for (column, message) in [
            (
                Column::new("grand", Cells::Numbers(vec![])),
                "column `grand` of the table of examples: expected 2 rows, found 0",
            ),
            (
                Column::new("corrupt", Cells::Numbers(vec![None, None])),
                "column `corrupt` of the table of examples: expected its own type, found numbers",
            ),
        ] {
            assert_eq!(Examples::from_columns(vec![two(), column]).unwrap_err().to_string(), message);
        }
    }
}
