//! Tables of measurements.

mod cell;
mod csv;
mod digits;
mod latex;
mod markdown;
mod significance;
mod text;
mod wide;

pub use cell::{Cell, Content, Measured};
pub use significance::{SIGNIFICANCE_LEVEL, welch_p_value};

/// What stands where nothing was measured.
const MISSING: &str = "–";

/// Which of several means is the best.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Best {
    /// None: nothing is set in bold.
    #[default]
    Unmarked,
    /// The highest, as of accuracies.
    Highest,
    /// The lowest, as of losses.
    Lowest,
}

/// Which cells compete for the best.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Within {
    /// Those of a column: methods are rows.
    #[default]
    Column,
    /// Those of a row: methods are columns.
    Row,
}

/// A column of measurements.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// Heading over it and its neighbours with the same one; none when empty.
    pub group: String,
    /// Which mean is the best, where it differs from the table's.
    pub best: Option<Best>,
}

/// A row: labels at the left and one cell per column.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Row {
    /// One per label column.
    pub labels: Vec<String>,
    /// One per column; those that are not there are missing.
    pub cells: Vec<Cell>,
}

/// A table of measurements.
///
/// A mean is marked as the best of its column (or row) only where that is more than noise: the two-sided t-test of Welch
/// (1947) against the runner-up must reject equal means at 5 %. With a single run on either side nothing is marked. The test
/// is made once, with the runner-up, and not corrected for the number of competitors.
///
/// ```
/// use consilience_figure::{Best, Cell, Table};
///
/// let table = Table::new("Test accuracy (%)")
///     .label("method")
///     .columns(["CIFAR-10", "SVHN"])
///     .best(Best::Highest)
///     .row(["SB SGD"], [Cell::of([92.2, 92.3, 92.5]).paper("92.33"), Cell::of([93.6, 93.7, 93.9])])
///     .row(["LB SGD"], [Cell::of([90.1, 89.9, 90.0]).paper("90.00"), Cell::missing()]);
/// let expected = "\
/// **Test accuracy (%)**
///
/// | method | CIFAR-10 | SVHN |
/// |:---|---:|---:|
/// | SB SGD | **92.33 ± 0.15**<br>paper: 92.33 | 93.73 ± 0.15 |
/// | LB SGD | 90.00 ± 0.10<br>paper: 90.00 | – |
/// ";
/// assert!(table.markdown().starts_with(expected));
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Headings of the label columns.
    pub labels: Vec<String>,
    /// The columns of measurements.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Which mean is the best.
    pub best: Best,
    /// Which cells compete.
    pub within: Within,
    /// What the values in parentheses are; explained below the table when not empty.
    pub second: String,
    /// Remarks below the table.
    pub notes: Vec<String>,
}

impl Table {
    /// A table without columns and rows.
    pub fn new(caption: impl Into<String>) -> Self {
        Self { caption: caption.into(), ..Self::default() }
    }

    /// Adds a label column.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>) -> Self {
        self.labels.push(name.into());
        self
    }

    /// Adds columns of measurements.
    #[must_use]
    pub fn columns<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.group("", names)
    }

    /// Adds columns of measurements under a common heading.
    #[must_use]
    pub fn group<S: Into<String>>(mut self, group: impl Into<String>, names: impl IntoIterator<Item = S>) -> Self {
        let group = group.into();
        self.columns.extend(names.into_iter().map(|name| Column {
            name: name.into(),
            group: group.clone(),
            best: None,
        }));
        self
    }

    /// Adds a row.
    #[must_use]
    pub fn row<S: Into<String>>(
        mut self,
        labels: impl IntoIterator<Item = S>,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Self {
        let labels = labels.into_iter().map(Into::into).collect();
        self.rows.push(Row { labels, cells: cells.into_iter().collect() });
        self
    }

    /// Says which mean is the best.
    #[must_use]
    pub fn best(mut self, best: Best) -> Self {
        self.best = best;
        self
    }

    /// Says which cells compete.
    #[must_use]
    pub fn within(mut self, within: Within) -> Self {
        self.within = within;
        self
    }

    /// Says what the values in parentheses are.
    #[must_use]
    pub fn second(mut self, name: impl Into<String>) -> Self {
        self.second = name.into();
        self
    }

    /// Adds a remark below the table.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// For a terminal of `width` characters. A table that is wider is cut into blocks of columns below each other. The best
    /// are marked with a star.
    pub fn text(&self, width: usize) -> String {
        text::write(self, width)
    }

    /// One line per cell: labels, group, column, n, mean, sd, second, paper, text, best.
    pub fn csv(&self) -> String {
        csv::write(self)
    }

    /// One line per row: its labels, then the mean (or the words) of each cell, empty where there is none.
    pub fn wide_csv(&self) -> String {
        wide::write(self)
    }

    /// A `table` environment for LaTeX with the package `booktabs`.
    pub fn latex(&self) -> String {
        latex::write(self)
    }

    /// A table for GitHub.
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// Whether each cell is the best of those it competes with, by row and column.
    pub fn marks(&self) -> Vec<Vec<bool>> {
        significance::marks(self)
    }

    /// How many label columns there are, counting those without a heading.
    fn label_count(&self) -> usize {
        self.rows.iter().map(|row| row.labels.len()).max().unwrap_or(0).max(self.labels.len())
    }

    fn label_name(&self, index: usize) -> &str {
        self.labels.get(index).map_or("", String::as_str)
    }

    /// All columns: those named, and one without a name for each further cell.
    fn all_columns(&self) -> Vec<Column> {
        let count = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0).max(self.columns.len());
        (0..count).map(|index| self.columns.get(index).cloned().unwrap_or_default()).collect()
    }

    /// What is said below the table; `mark` is what the best look like.
    fn remarks(&self, mark: &str) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.marks().iter().flatten().any(|marked| *marked) {
            let place = if self.within == Within::Column { "column" } else { "row" };
            remarks.push(format!("{mark}: best of its {place}, ahead of the runner-up by Welch's t-test at 5 %."));
        }
        if !self.second.is_empty() {
            remarks.push(format!("In parentheses: {}.", self.second));
        }
        remarks.extend(self.notes.iter().cloned());
        remarks
    }
}

impl Row {
    fn label(&self, index: usize) -> &str {
        self.labels.get(index).map_or("", String::as_str)
    }

    fn cell(&self, index: usize) -> Cell {
        self.cells.get(index).cloned().unwrap_or_default()
    }
}
