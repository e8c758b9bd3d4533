use consilience_tensor::{Buffer, Matrix, MatrixMut, Real, gemm};

use crate::source::Source;

/// `<G_n, G_m>` for all pairs of a batch. One position: the elementwise product of two Gram matrices. Several: tiles of all
/// examples, `N x N` products each. Memory: `N x N` numbers and one tile.
pub(crate) fn reduce<R: Real>(source: &Source<'_, R>, examples: usize, size: usize) -> Vec<f64> {
    let mut gram = vec![0.0; examples * examples];
    add_between(&mut gram, source, examples, source, examples, size);
    gram
}

/// Adds `<G_n, G_m>` for all pairs of an example `n` of one batch and `m` of another, for the same parameter.
pub(crate) fn add_between<R: Real>(
    gram: &mut [f64],
    rows: &Source<'_, R>,
    row_count: usize,
    cols: &Source<'_, R>,
    col_count: usize,
    size: usize,
) {
    if let (
        Source::RankOne { input, inputs, signal, outputs },
        Source::RankOne { input: other_input, signal: other_signal, .. },
    ) = (rows, cols)
    {
        let a = products(input, row_count, other_input, col_count, *inputs);
        let d = products(signal, row_count, other_signal, col_count, *outputs);
        gram.iter_mut().zip(a.iter().zip(d.iter())).for_each(|(sum, (a, d))| *sum += a.f64() * d.f64());
        return;
    }
    let same = std::ptr::eq(rows, cols);
    for block in rows.column_blocks(row_count.max(col_count), size) {
        let tile = rows.tile(&block);
        let other = if same { None } else { Some(cols.tile(&block)) };
        let other = other.as_ref().unwrap_or(&tile);
        for_products(&tile, row_count, other, col_count, block.columns.len(), |row, part| {
            let gram = &mut gram[row * col_count..(row + 1) * col_count];
            gram.iter_mut().zip(part).for_each(|(sum, part)| *sum += part.f64());
        });
    }
}

/// Numbers of products that are held at a time.
const PRODUCTS: usize = 1 << 18;

/// Calls `visit` with every row of `X Y^T`, for matrices of `length` columns. Memory: some rows.
pub(crate) fn for_products<R: Real>(
    x: &[R],
    rows: usize,
    y: &[R],
    cols: usize,
    length: usize,
    mut visit: impl FnMut(usize, &[R]),
) {
    let per_part = (PRODUCTS / cols.max(1)).clamp(1, rows.max(1));
    for start in (0..rows).step_by(per_part) {
        let count = per_part.min(rows - start);
        let part = products(&x[start * length..(start + count) * length], count, y, cols, length);
        part.chunks_exact(cols).enumerate().for_each(|(i, row)| visit(start + i, row));
    }
}

/// `X Y^T` for matrices of `length` columns.
pub(crate) fn products<R: Real>(x: &[R], rows: usize, y: &[R], cols: usize, length: usize) -> Buffer<R> {
    let mut products = Buffer::stale(rows * cols);
    gemm(
        MatrixMut::new(&mut products, rows, cols, cols),
        R::zero(),
        Matrix::new(x, rows, length, length),
        Matrix::new(y, cols, length, length).t(),
        R::one(),
    );
    products
}
