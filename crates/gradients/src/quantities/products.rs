/// The inner products of some vectors with each other: gradients of examples, or of micro-batches.
#[derive(Clone, PartialEq, Debug)]
pub struct Products {
    values: Vec<f64>,
    /// `|x_i|` of each.
    lengths: Vec<f64>,
}

impl Products {
    /// Wraps a symmetric row-major matrix.
    ///
    /// # Panics
    /// When there are not `size * size` entries.
    pub fn new(values: Vec<f64>, size: usize) -> Self {
        assert_eq!(values.len(), size * size, "entries of a square matrix");
        let lengths = (0..size).map(|i| values[i * size + i].sqrt()).collect();
        Self { values, lengths }
    }

    /// How many vectors there are.
    pub const fn size(&self) -> usize {
        self.lengths.len()
    }

    /// `<x_i, x_j>`.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.size() + j]
    }

    /// `<x_i, sum_j x_j>` of every vector.
    pub fn row_sums(&self) -> Vec<f64> {
        self.values.chunks_exact(self.size().max(1)).map(|row| row.iter().sum()).collect()
    }

    /// All pairs of different vectors, each once.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let size = self.size();
        (0..size).flat_map(move |i| (i + 1..size).map(move |j| (i, j)))
    }

    /// `<x_i, x_j> / (|x_i| |x_j|)`, between -1 and 1; `None` when the length of either is zero or not a number.
    pub fn cosine(&self, i: usize, j: usize) -> Option<f64> {
        // of the roots, not of the product, which may overflow
        let lengths = self.lengths[i] * self.lengths[j];
        (lengths > 0.0).then(|| (self.get(i, j) / lengths).clamp(-1.0, 1.0))
    }

    /// The smallest inner product of two different vectors; `None` of fewer than two, and when one is not a number.
    pub fn smallest(&self) -> Option<f64> {
        smallest(self.pairs().map(|(i, j)| self.get(i, j)))
    }

    /// The smallest cosine of two different vectors; `None` when no two of them have one.
    pub fn smallest_cosine(&self) -> Option<f64> {
        smallest(self.pairs().filter_map(|(i, j)| self.cosine(i, j)))
    }
}

/// The smallest of some numbers; `None` when there are none, or one is not a number.
fn smallest(mut values: impl Iterator<Item = f64>) -> Option<f64> {
    let first = values.next()?;
    Some(values.fold(first, |least, value| if value < least || value.is_nan() { value } else { least }))
        .filter(|least| !least.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // of (3, 4), (0, 1), (0, 0) and (-1, 0)
        let rows = [[3.0, 4.0], [0.0, 1.0], [0.0, 0.0], [-1.0, 0.0]];
        let values = rows.iter().flat_map(|x| rows.iter().map(move |y| x[0] * y[0] + x[1] * y[1])).collect();
        let products = Products::new(values, 4);
        assert_eq!(products.pairs().count(), 6);
        assert_eq!(products.cosine(0, 1), Some(0.8));
        assert_eq!(products.cosine(0, 2), None);
        assert_eq!((products.smallest(), products.smallest_cosine()), (Some(-3.0), Some(-0.6)));
        assert_eq!(products.row_sums(), [25.0 + 4.0 - 3.0, 5.0, 0.0, -3.0 + 1.0]);
        assert_eq!(Products::new(vec![1.0], 1).smallest(), None);
    }

    #[test]
    fn what_is_not_a_number_is_not_passed_over() {
        let nan = f64::NAN;
        let products = Products::new(vec![1.0, nan, 2.0, nan, nan, nan, 2.0, nan, 4.0], 3);
        assert_eq!((products.smallest(), products.smallest_cosine()), (None, Some(1.0)));
    }
}
