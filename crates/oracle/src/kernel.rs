//! Kernels of output gradients `J`, `[N][C][P]`, by their definitions, and determinants by elimination.

use crate::Rows;
use crate::statistics::{dot, gram};

/// `K[n C + c][m C + d] = <J[n][c], J[m][d]>`.
pub fn full(gradients: &[Rows]) -> Rows {
    gram(&gradients.concat())
}

/// `K[n][m] = sum_c <J[n][c], J[m][c]>`.
pub fn traced(gradients: &[Rows]) -> Rows {
    let entry = |n: &Rows, m: &Rows| n.iter().zip(m).map(|(x, y)| dot(x, y)).sum();
    gradients.iter().map(|n| gradients.iter().map(|m| entry(n, m)).collect()).collect()
}

/// `K[n][m] = <J[n][c], J[m][c]>` for one output `c`.
pub fn one(gradients: &[Rows], output: usize) -> Rows {
    gram(&gradients.iter().map(|example| example[output].clone()).collect::<Rows>())
}

/// The kernel of the sum of all outputs.
pub fn summed(gradients: &[Rows]) -> Rows {
    gram(&gradients.iter().map(|example| crate::statistics::sum(example)).collect::<Rows>())
}

/// `sum_c |J[n][c]|^2` for every example.
pub fn trace_per_example(gradients: &[Rows]) -> Vec<f64> {
    gradients.iter().map(|example| example.iter().map(|row| dot(row, row)).sum()).collect()
}

/// `log |det (K + ridge I)|` by Gaussian elimination with row pivoting; minus infinity for a pivot of zero.
pub fn log_determinant(kernel: &[Vec<f64>], ridge: f64) -> f64 {
    let mut rows = kernel.to_vec();
    for (place, row) in rows.iter_mut().enumerate() {
        row[place] += ridge;
    }
    let mut total = 0.0;
    for column in 0..rows.len() {
        let by_size = |a: &usize, b: &usize| rows[*a][column].abs().total_cmp(&rows[*b][column].abs());
        let best = (column..rows.len()).max_by(by_size).unwrap_or(column);
        rows.swap(column, best);
        let pivot = rows[column].clone();
        if pivot[column] == 0.0 {
            return f64::NEG_INFINITY;
        }
        total += pivot[column].abs().ln();
        for row in &mut rows[column + 1..] {
            let share = row[column] / pivot[column];
            for (entry, pivot) in row.iter_mut().zip(&pivot).skip(column) {
                *entry -= share * pivot;
            }
        }
    }
    total
}

/// `tr (K + ridge I)^-1` by Gauss-Jordan elimination with row pivoting; not finite for a singular matrix.
pub fn trace_of_inverse(kernel: &[Vec<f64>], ridge: f64) -> f64 {
    let size = kernel.len();
    let mut rows = kernel.to_vec();
    for (place, row) in rows.iter_mut().enumerate() {
        row[place] += ridge;
        row.extend((0..size).map(|column| if column == place { 1.0 } else { 0.0 }));
    }
    for column in 0..size {
        let by_size = |a: &usize, b: &usize| rows[*a][column].abs().total_cmp(&rows[*b][column].abs());
        let best = (column..size).max_by(by_size).unwrap_or(column);
        rows.swap(column, best);
        let inverse = 1.0 / rows[column][column];
        rows[column].iter_mut().for_each(|entry| *entry *= inverse);
        let pivot = rows[column].clone();
        for row in (0..size).filter(|&row| row != column) {
            let share = rows[row][column];
            rows[row].iter_mut().zip(&pivot).for_each(|(entry, pivot)| *entry -= share * pivot);
        }
    }
    (0..size).map(|place| rows[place][size + place]).sum()
}
