//! Statistics over examples of rows of numbers, each by its definition.

use crate::Rows;

/// `sum_n G_n`.
pub fn sum(rows: &[Vec<f64>]) -> Vec<f64> {
    columns(rows, |column| column.iter().sum())
}

/// `<G_n, v>` for every example.
pub fn dots(rows: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    rows.iter().map(|row| dot(row, vector)).collect()
}

/// `|G_n|^2` for every example.
pub fn sq_norms(rows: &[Vec<f64>]) -> Vec<f64> {
    rows.iter().map(|row| dot(row, row)).collect()
}

/// `<G_n, G_m>` for all pairs.
pub fn gram(rows: &[Vec<f64>]) -> Rows {
    rows.iter().map(|row| dots(rows, row)).collect()
}

/// `1/N sum_n G_n`.
pub fn mean(rows: &[Vec<f64>]) -> Vec<f64> {
    columns(rows, mean_of)
}

/// `sum_n (G_n - mean)^2`, in two passes.
pub fn square_deviations(rows: &[Vec<f64>]) -> Vec<f64> {
    columns(rows, |column| {
        let mean = mean_of(column);
        column.iter().map(|x| (x - mean).powi(2)).sum()
    })
}

/// How many examples lie above `threshold`.
pub fn count_above(rows: &[Vec<f64>], threshold: f64) -> Vec<f64> {
    columns(rows, |column| column.iter().filter(|&&x| x > threshold).count() as f64)
}

/// How many examples lie below `threshold`.
pub fn count_below(rows: &[Vec<f64>], threshold: f64) -> Vec<f64> {
    columns(rows, |column| column.iter().filter(|&&x| x < threshold).count() as f64)
}

/// `sum_n clip(v_n, v_k, v_{N-1-k})` of the sorted numbers `v_0 <= ... <= v_{N-1}`; NaN when one of them is.
///
/// # Panics
/// When `k` is not below the number of examples.
pub fn winsorized(rows: &[Vec<f64>], k: usize) -> Vec<f64> {
    columns(rows, |column| {
        let sorted = sorted(column);
        let (low, high) = (sorted[k], sorted[sorted.len() - 1 - k]);
        if sorted.iter().any(|x| x.is_nan()) {
            return f64::NAN;
        }
        sorted.iter().map(|&x| x.clamp(low, high)).sum()
    })
}

/// The middle of the sorted numbers, or the mean of the middle two; NaN when one of them is.
pub fn median(rows: &[Vec<f64>]) -> Vec<f64> {
    columns(rows, |column| {
        let sorted = sorted(column);
        if sorted.iter().any(|x| x.is_nan()) {
            return f64::NAN;
        }
        let last = sorted.len() - 1;
        0.5 * (sorted[last / 2] + sorted[last.div_ceil(2)])
    })
}

/// The sums over groups of `size` consecutive examples.
pub fn group_sums(rows: &[Vec<f64>], size: usize) -> Rows {
    rows.chunks(size).map(sum).collect()
}

/// `<x, y>`.
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn mean_of(column: &[f64]) -> f64 {
    column.iter().sum::<f64>() / column.len() as f64
}

fn sorted(column: &[f64]) -> Vec<f64> {
    let mut sorted = column.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn columns(rows: &[Vec<f64>], f: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let width = rows.first().map_or(0, Vec::len);
    (0..width).map(|at| f(&rows.iter().map(|row| row[at]).collect::<Vec<f64>>())).collect()
}
