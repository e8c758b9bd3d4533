use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{LltRegularization, cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::cholesky::llt::inverse::{inverse as inverse_from_factor, inverse_scratch};
use faer::{Mat, Par, Side, Spec};

/// A kernel: a symmetric positive semi-definite matrix, in double precision.
#[derive(Clone, Debug)]
pub struct Kernel {
    values: Vec<f64>,
    size: usize,
}

/// The logarithm of a determinant.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum LogDeterminant {
    /// A number.
    Finite(f64),
    /// The matrix is singular to working precision: the determinant is zero and its logarithm minus infinity.
    Singular,
}

impl LogDeterminant {
    /// The number, or minus infinity.
    pub const fn value(self) -> f64 {
        match self {
            Self::Finite(value) => value,
            Self::Singular => f64::NEG_INFINITY,
        }
    }
}

impl Kernel {
    /// Wraps a row-major matrix and removes the asymmetry that rounding left.
    pub(crate) fn new(mut values: Vec<f64>, size: usize) -> Self {
        debug_assert_eq!(values.len(), size * size);
        for i in 0..size {
            for j in 0..i {
                let mean = 0.5 * (values[i * size + j] + values[j * size + i]);
                values[i * size + j] = mean;
                values[j * size + i] = mean;
            }
        }
        Self { values, size }
    }

    /// Rows, and columns.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The entries, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// `tr K = sum_i K[i, i]`.
    pub fn trace(&self) -> f64 {
        self.values.iter().step_by(self.size + 1).sum()
    }

    /// `log det (K + ridge I)`, by Cholesky factorisation.
    ///
    /// Without a ridge the kernel of more examples than the gradients span (duplicates, dropout, dead units) is singular. A
    /// pivot under `size * epsilon` of the largest diagonal entry counts as zero.
    pub fn log_determinant(&self, ridge: f64) -> LogDeterminant {
        self.cholesky(ridge).map_or(LogDeterminant::Singular, |factor| LogDeterminant::Finite(log_determinant(&factor)))
    }

    /// `log det (K + ridge I)` and `(K + ridge I)^-1`, row-major, of one factorisation; `None` when the matrix is singular to
    /// working precision.
    pub fn log_determinant_and_inverse(&self, ridge: f64) -> Option<(f64, Vec<f64>)> {
        let factor = self.cholesky(ridge)?;
        let mut inverse = Mat::zeros(self.size, self.size);
        let mut memory = MemBuffer::new(inverse_scratch::<f64>(self.size, Par::Seq));
        // writes the lower triangle
        inverse_from_factor(inverse.as_mut(), factor.as_ref(), Par::Seq, MemStack::new(&mut memory));
        let entries = (0..self.size).flat_map(|i| (0..self.size).map(move |j| (i.max(j), i.min(j))));
        Some((log_determinant(&factor), entries.map(|entry| inverse[entry]).collect()))
    }

    /// The eigenvalues, smallest first; `None` when the kernel holds a number that is not finite.
    pub fn eigenvalues(&self) -> Option<Vec<f64>> {
        if self.values.iter().any(|x| !x.is_finite()) {
            return None;
        }
        self.matrix(0.0).self_adjoint_eigenvalues(Side::Lower).ok()
    }

    /// Alignment with the labels, `<K, Y Y^T> / (|K| |Y Y^T|)` (Cristianini et al. 2001), where `Y Y^T` is 1 for two examples
    /// of one class and 0 otherwise. Between 0 and 1; `None` when the kernel is zero.
    ///
    /// # Panics
    /// When there is not one label per row.
    pub fn alignment(&self, labels: &[u32]) -> Option<f64> {
        assert_eq!(labels.len(), self.size, "one label per row of the kernel");
        let norm = self.values.iter().map(|x| x * x).sum::<f64>().sqrt();
        let (mut product, mut pairs) = (0.0, 0.0_f64);
        for (row, label) in self.values.chunks_exact(self.size).zip(labels) {
            for (value, _) in row.iter().zip(labels).filter(|(_, other)| *other == label) {
                product += value;
                pairs += 1.0;
            }
        }
        (norm > 0.0).then(|| product / (norm * pairs.sqrt()))
    }

    /// The lower triangle of the Cholesky factor of `K + ridge I`; what lies above it means nothing. One copy of the matrix.
    /// `None` when the matrix is singular to working precision.
    fn cholesky(&self, ridge: f64) -> Option<Mat<f64>> {
        let mut factor = self.matrix(ridge);
        let parameters = Spec::default();
        let mut memory = MemBuffer::new(cholesky_in_place_scratch::<f64>(self.size, Par::Seq, parameters));
        let (regularization, stack) = (LltRegularization::default(), MemStack::new(&mut memory));
        cholesky_in_place(factor.as_mut(), regularization, Par::Seq, stack, parameters).ok()?;
        let largest = self.values.iter().step_by(self.size + 1).fold(0.0_f64, |m, &x| m.max(x)) + ridge;
        let smallest = largest * self.size as f64 * f64::EPSILON;
        let regular = pivots(&factor).all(|pivot| pivot > smallest);
        regular.then_some(factor)
    }

    fn matrix(&self, ridge: f64) -> Mat<f64> {
        Mat::from_fn(self.size, self.size, |i, j| self.values[i * self.size + j] + if i == j { ridge } else { 0.0 })
    }
}

/// The pivots of a factorisation, whose product is the determinant.
fn pivots(factor: &Mat<f64>) -> impl Iterator<Item = f64> {
    factor.diagonal().column_vector().iter().map(|x| x * x)
}

fn log_determinant(factor: &Mat<f64>) -> f64 {
    pivots(factor).map(f64::ln).sum()
}
