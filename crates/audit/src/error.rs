use consilience_record::RecordError;
use std::path::PathBuf;

/// Why examples cannot be audited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The run directory cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The run has no table of examples.
    #[error("the run {} has no scores of training examples", directory.display())]
    NoTable {
        /// The run directory.
        directory: PathBuf,
    },
    /// The table has no column that ranks examples.
    #[error("the table of examples has no score that ranks them; it has {}", list(columns))]
    NoScore {
        /// Its columns.
        columns: Vec<String>,
    },
    /// A score that is not in the table, or that does not rank.
    #[error("`{name}` does not rank these examples; {} would", list(known))]
    UnknownScore {
        /// The name that was given.
        name: String,
        /// The names that could have been.
        known: Vec<String>,
    },
    /// A column of the table is not what it should be.
    #[error("column `{column}` of the table of examples: expected {expected}, found {found}")]
    WrongColumn {
        /// The column.
        column: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The table could not be written as CSV.
    #[error("cannot write the examples as CSV: {0}")]
    Csv(#[from] csv::Error),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
