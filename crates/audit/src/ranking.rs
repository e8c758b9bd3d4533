use crate::{Examples, Measure};

/// Examples in order, the most suspicious first.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// What they are ranked by.
    pub by: Measure,
    /// The places of the examples in the table. Those without a score are left out.
    pub order: Vec<usize>,
}

/// Ranks the examples by one measure, ties in the order of the table.
pub fn rank(examples: &Examples, by: Measure) -> Ranking {
    let score = examples.score(by.column).unwrap_or_default();
    let defined = score.iter().enumerate().filter_map(|(place, value)| Some((place, by.suspicion((*value)?))));
    let mut defined: Vec<(usize, f64)> = defined.filter(|(_, suspicion)| !suspicion.is_nan()).collect();
    // the sort is stable
    defined.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ranking { by, order: defined.into_iter().map(|(place, _)| place).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_record::{Cells, Column};

    #[test]
    fn the_suspicious_end_comes_first() {
        let values = vec![Some(1.0), None, Some(-2.0), Some(1.0), Some(f64::INFINITY), Some(f64::NAN)];
        let columns = ["aum", "forgetting_events"].map(|name| Column::new(name, Cells::Numbers(values.clone())));
        let examples = Examples::from_columns(columns.to_vec()).unwrap();
        let order = |name| rank(&examples, Measure::named(name).unwrap()).order;
        assert_eq!(order("aum"), [2, 0, 3, 4]);
        assert_eq!(order("forgetting_events"), [4, 0, 3, 2]);
    }
}
