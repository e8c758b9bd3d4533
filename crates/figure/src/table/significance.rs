//! Which differences are more than noise.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Best, Measured, Table, Within};

/// Below this probability of so large a difference between equal means, a difference is more than noise.
pub const SIGNIFICANCE_LEVEL: f64 = 0.05;

/// Two-sided p-value of the t-test of Welch (1947), "The generalization of Student's problem when several different
/// population variances are involved", Biometrika 34: `t = (m1 - m2) / sqrt(s1^2/n1 + s2^2/n2)` with the degrees of freedom
/// of Welch and Satterthwaite. `None` where a side has fewer than two measurements or a number is not finite.
///
/// Two sides without any spread are different with certainty (0) or equal (1).
pub fn welch_p_value(one: &Measured, other: &Measured) -> Option<f64> {
    if one.count < 2 || other.count < 2 {
        return None;
    }
    let square = |side: &Measured| side.sd.map(|sd| sd * sd / side.count as f64).filter(|square| square.is_finite());
    let (first, second) = (square(one)?, square(other)?);
    let difference = one.mean - other.mean;
    if !difference.is_finite() {
        return None;
    }
    if first + second == 0.0 {
        return Some(if difference == 0.0 { 1.0 } else { 0.0 });
    }
    let t = difference / (first + second).sqrt();
    // Shares of the variance instead of the variances themselves, whose squares may vanish.
    let share = first / (first + second);
    let per_degree = share * share / (one.count - 1) as f64 + (1.0 - share) * (1.0 - share) / (other.count - 1) as f64;
    let student = StudentsT::new(0.0, 1.0, 1.0 / per_degree).ok()?;
    Some(2.0 * student.cdf(-t.abs()))
}

pub(super) fn marks(table: &Table) -> Vec<Vec<bool>> {
    let columns = table.all_columns();
    let mut marks = vec![vec![false; columns.len()]; table.rows.len()];
    let measured = |row: usize, column: usize| table.rows[row].cells.get(column).and_then(super::Cell::measured);
    match table.within {
        Within::Column => {
            for (index, column) in columns.iter().enumerate() {
                let cells: Vec<_> = (0..table.rows.len()).map(|row| measured(row, index)).collect();
                if let Some(row) = winner(&cells, column.best.unwrap_or(table.best)) {
                    marks[row][index] = true;
                }
            }
        }
        Within::Row => {
            for (row, marks) in marks.iter_mut().enumerate() {
                let cells: Vec<_> = (0..columns.len()).map(|column| measured(row, column)).collect();
                if let Some(column) = winner(&cells, table.best) {
                    marks[column] = true;
                }
            }
        }
    }
    marks
}

/// The competitor that is ahead of the runner-up by more than noise.
fn winner(cells: &[Option<Measured>], best: Best) -> Option<usize> {
    let sign = match best {
        Best::Unmarked => return None,
        Best::Highest => 1.0,
        Best::Lowest => -1.0,
    };
    let mut ranked: Vec<(usize, Measured)> =
        cells.iter().enumerate().filter_map(|(place, cell)| Some((place, (*cell)?))).collect();
    ranked.retain(|(_, measured)| measured.mean.is_finite());
    ranked.sort_by(|(_, a), (_, b)| (sign * b.mean).total_cmp(&(sign * a.mean)));
    let [(place, first), (_, second), ..] = ranked.as_slice() else { return None };
    welch_p_value(first, second).filter(|p| *p < SIGNIFICANCE_LEVEL).map(|_| *place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;

    fn measured(count: usize, mean: f64, sd: f64) -> Measured {
        Measured { count, mean, sd: Some(sd) }
    }

    #[test]
    fn welch_by_hand() {
        // Equal counts and spreads: t = 2 / sqrt(2 * 1 / 2) = 2 with 2 degrees of freedom, whose distribution function is
        // 1/2 + t / (2 sqrt(2 + t^2)): p = 1 - 2 / sqrt(6).
        let p = welch_p_value(&measured(2, 3.0, 1.0), &measured(2, 1.0, 1.0)).unwrap();
        assert!((p - (1.0 - 2.0 / 6.0_f64.sqrt())).abs() < 1e-12, "{p}");
        // One side without spread: its degrees of freedom do not count, so 1 is left, a Cauchy distribution:
        // t = 1 / sqrt(1/2), p = 1 - 2 atan(t) / pi.
        let p = welch_p_value(&measured(2, 2.0, 1.0), &measured(5, 1.0, 0.0)).unwrap();
        assert!((p - (1.0 - 2.0 * 2.0_f64.sqrt().atan() / std::f64::consts::PI)).abs() < 1e-12, "{p}");
        assert_eq!(welch_p_value(&measured(2, 2.0, 0.0), &measured(2, 1.0, 0.0)), Some(0.0));
        assert_eq!(welch_p_value(&measured(2, 2.0, 0.0), &measured(2, 2.0, 0.0)), Some(1.0));
        assert_eq!(welch_p_value(&measured(1, 2.0, 0.0), &measured(2, 2.0, 0.0)), None);
        assert_eq!(welch_p_value(&measured(3, f64::NAN, 1.0), &measured(2, 2.0, 0.0)), None);
    }

    #[test]
    fn only_what_exceeds_the_noise_is_marked() {
        let table = |values: [[f64; 3]; 2]| {
            let table = Table::new("").columns(["a"]).best(Best::Highest);
            values.into_iter().fold(table, |table, values| table.row([""], [Cell::of(values)])).marks()
        };
        // sd 1 each: t = d / sqrt(2/3) with 4 degrees of freedom, critical value 2.7764: the difference must exceed 2.2669.
        assert_eq!(table([[1.0, 2.0, 3.0], [3.26, 4.26, 5.26]]), [[false], [false]]);
        assert_eq!(table([[1.0, 2.0, 3.0], [3.27, 4.27, 5.27]]), [[false], [true]]);
    }

    #[test]
    fn directions_and_gaps() {
        let cells = || [Cell::of([1.0, 1.1]), Cell::missing(), Cell::of([9.0, 9.1]), Cell::of([f64::NAN, 99.0])];
        let rows = |best| Table::new("").best(best).within(Within::Row).row([""], cells()).marks();
        assert_eq!(rows(Best::Highest), [[false, false, true, false]]);
        assert_eq!(rows(Best::Lowest), [[true, false, false, false]]);
        assert_eq!(rows(Best::Unmarked), [[false; 4]]);
        let single = Table::new("").best(Best::Highest).row([""], [Cell::of([1.0])]).row([""], [Cell::of([5.0])]);
        assert_eq!(single.marks(), [[false], [false]]);
    }
}
