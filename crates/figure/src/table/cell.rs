//! One cell.

use super::MISSING;
use super::digits::Digits;
use std::fmt;

/// Mean and spread of repeated measurements.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measured {
    /// How many measurements.
    pub count: usize,
    /// Their mean; not finite where one of them was not.
    pub mean: f64,
    /// Their standard deviation, divided by `count - 1`; `None` for fewer than two.
    pub sd: Option<f64>,
}

impl fmt::Display for Measured {
    /// As in a table for people: `92.33 ± 0.15`, with as many digits as mean something.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Digits::of(self).show(self))
    }
}

/// What a cell holds.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Content {
    /// Nothing: shown as an en dash.
    #[default]
    Missing,
    /// Words.
    Text(String),
    /// A measurement.
    Measured(Measured),
}

/// One cell: ours, and what the paper prints.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell {
    /// What it holds.
    pub content: Content,
    /// A second value in parentheses, such as the maximum during training.
    pub second: Option<f64>,
    /// The paper's value, as the paper prints it.
    pub paper: Option<String>,
}

impl Cell {
    /// Mean and standard deviation of these measurements; missing where there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        if values.is_empty() {
            return Self::missing();
        }
        let count = values.len();
        if values.iter().all(|value| value.to_bits() == values[0].to_bits()) {
            // Exactly: the rounding of a mean would pass for a spread, and be shown with all its digits.
            let sd = (count > 1 && values[0].is_finite()).then_some(0.0);
            return Self::summary(count, values[0], sd);
        }
        // Shares first: the sum of finite numbers may be infinite.
        let mean: f64 = values.iter().map(|value| value / count as f64).sum();
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let sd = (count > 1).then(|| (squares / (count - 1) as f64).sqrt()).filter(|sd| sd.is_finite());
        Self::summary(count, mean, sd)
    }

    /// A mean and standard deviation that were computed elsewhere.
    pub fn summary(count: usize, mean: f64, sd: Option<f64>) -> Self {
        Self { content: Content::Measured(Measured { count, mean, sd }), ..Self::default() }
    }

    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: Content::Text(text.into()), ..Self::default() }
    }

    /// Nothing.
    pub fn missing() -> Self {
        Self::default()
    }

    /// Adds the paper's value, as the paper prints it: `"96.30"`, `"92.33 ± 0.10"`.
    #[must_use]
    pub fn paper(mut self, printed: impl Into<String>) -> Self {
        self.paper = Some(printed.into());
        self
    }

    /// Adds a second value, shown in parentheses.
    #[must_use]
    pub fn second(mut self, value: f64) -> Self {
        self.second = Some(value);
        self
    }

    pub(super) fn measured(&self) -> Option<Measured> {
        if let Content::Measured(measured) = self.content { Some(measured) } else { None }
    }

    /// The cell in plain text: ours, and the second value in parentheses.
    pub(super) fn plain(&self) -> (String, String) {
        let (ours, digits) = match &self.content {
            Content::Missing => (MISSING.to_owned(), None),
            Content::Text(text) => (text.clone(), None),
            Content::Measured(measured) => {
                let digits = Digits::of(measured);
                (digits.show(measured), Some(digits))
            }
        };
        let second = self.second.map_or(String::new(), |second| {
            let alone = Measured { count: 1, mean: second, sd: None };
            let digits = digits.unwrap_or_else(|| Digits::of(&alone));
            format!("({})", digits.show(&alone))
        });
        (ours, second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_no_spread() {
        // Three sevenths of 0.9 and so on do not add up to 0.9 in floating point.
        for count in 2..50 {
            let measured = Cell::of(vec![0.904_877_489; count]).measured().unwrap();
            assert_eq!((measured.mean, measured.sd), (0.904_877_489, Some(0.0)), "{count}");
        }
        assert_eq!(Cell::of([0.5]).measured().unwrap().sd, None);
        assert_eq!(Cell::of([f64::INFINITY; 2]).measured().unwrap().sd, None);
    }
}
