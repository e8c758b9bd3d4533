//! Matrix products with strides and transposes, against a loop.

use consilience_tensor::{Matrix, MatrixMut, Shape, gemm, gemm_into};

use super::numbers::{assert_within, random};

/// Rows, columns, contraction; what `keep` and `factor` are; whether the operands are transposed; padding of the rows.
type Row = (usize, usize, usize, f64, f64, (bool, bool), usize);

const PRODUCTS: &[Row] = &[
    (1, 1, 1, 0.0, 1.0, (false, false), 0),
    (5, 7, 3, 0.0, 1.0, (false, true), 0),
    (5, 7, 3, 1.0, 1.0, (true, false), 2),
    (17, 33, 9, -0.5, 2.0, (true, true), 3),
    (1, 65, 130, 1.0, -1.0, (false, false), 1),
    (65, 1, 130, 0.0, 0.25, (false, true), 1),
    (4, 6, 0, 0.0, 1.0, (false, false), 0),
    (4, 6, 0, 0.5, 1.0, (false, false), 1),
    (0, 3, 4, 0.0, 1.0, (false, false), 0),
    (3, 0, 4, 0.0, 1.0, (false, true), 0),
    // above a million products: shares of rows, shares of columns, a last share that is shorter
    (203, 97, 65, 0.0, 1.0, (false, true), 0),
    (97, 203, 65, 1.0, 3.0, (true, false), 5),
    (700, 30, 61, 0.5, 1.0, (true, true), 1),
];

#[test]
fn products_agree_with_a_loop() {
    for &(m, n, k, keep, factor, (lt, rt), gap) in PRODUCTS {
        // stored as k x m or n x k when read through a transpose
        let stored = |rows: usize, cols: usize, transposed: bool, seed: u64| {
            let (rows, cols) = if transposed { (cols, rows) } else { (rows, cols) };
            (random(Shape::matrix(rows, cols + gap), seed).into_vec(), rows, cols)
        };
        let (lhs, lr, lc) = stored(m, k, lt, 1);
        let (rhs, rr, rc) = stored(k, n, rt, 2);
        let view = |elements, rows, cols, transposed| {
            let matrix = Matrix::new(elements, rows, cols, cols + gap);
            if transposed { matrix.t() } else { matrix }
        };
        let l = |i: usize, j: usize| if lt { lhs[j * (m + gap) + i] } else { lhs[i * (k + gap) + j] };
        let r = |i: usize, j: usize| if rt { rhs[j * (k + gap) + i] } else { rhs[i * (n + gap) + j] };
        let mut before = random(Shape::matrix(m, n + gap), 3).into_vec();
        if keep == 0.0 {
            // what is not kept must not be read
            for row in before.chunks_mut((n + gap).max(1)) {
                row[..n].fill(f64::NAN);
            }
        }
        let (mut expected, mut bound) = (before.clone(), vec![0.0; before.len()]);
        for i in 0..m {
            for j in 0..n {
                let at = i * (n + gap) + j;
                let kept = if keep == 0.0 { 0.0 } else { keep * before[at] };
                let products = (0..k).map(|p| factor * l(i, p) * r(p, j));
                expected[at] = kept + products.clone().sum::<f64>();
                let magnitude = kept.abs() + products.map(f64::abs).sum::<f64>();
                bound[at] = (k + 4) as f64 * f64::EPSILON * magnitude;
            }
        }
        for parallel in [false, true] {
            let mut dst = before.clone();
            let (lhs, rhs) = (view(&lhs, lr, lc, lt), view(&rhs, rr, rc, rt));
            let out = MatrixMut::new(&mut dst, m, n, n + gap);
            if parallel {
                gemm(out, keep, lhs, rhs, factor);
            } else {
                gemm_into(out, keep, lhs, rhs, factor);
            }
            // between the rows nothing is touched: the bound is zero there
            let what = format!("{m}x{n}x{k}, keep {keep}, factor {factor}, parallel {parallel}");
            assert_within(&what, &dst, &expected, |i| bound[i]);
        }
    }
}

#[test]
#[should_panic(expected = "a 2x3 matrix of stride 3 does not lie within 5 elements")]
fn a_slice_that_is_too_short_is_refused() {
    let _ = Matrix::new(&[0.0_f32; 5], 2, 3, 3);
}

#[test]
#[should_panic(expected = "does not lie within 1 elements")]
fn sizes_whose_product_wraps_around_are_refused() {
    let _ = MatrixMut::new(&mut [0.0_f32], (1 << 63) + 1, 1, 2);
}

#[test]
#[should_panic(expected = "overlap")]
fn overlapping_rows_are_refused() {
    let _ = MatrixMut::new(&mut [0.0_f32; 8], 2, 3, 2);
}

#[test]
#[should_panic(expected = "cannot multiply 2x3 by 2x3 into 2x3")]
fn sizes_that_do_not_fit_are_refused() {
    let (a, mut c) = ([0.0_f64; 6], [0.0_f64; 6]);
    gemm(MatrixMut::new(&mut c, 2, 3, 3), 0.0, Matrix::new(&a, 2, 3, 3), Matrix::new(&a, 2, 3, 3), 1.0);
}
