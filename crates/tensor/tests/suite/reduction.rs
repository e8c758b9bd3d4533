//! Sums over every subset of axes.

use consilience_tensor::{Cpu, Shape, Tensor};

use super::elementwise::stretchable;
use super::numbers::{assert_sums_agree, random};
use super::reference::{stretched, sum};

/// Lengths around the widths that sums are cut into: 16 lanes, runs of 64 rows, tasks of 2^15 elements.
const SHAPES: &[Shape] = &[
    Shape::new(3, 4, 5, 6),
    Shape::new(1, 1, 1, 1),
    Shape::new(2, 3, 1, 15),
    Shape::new(2, 1, 3, 16),
    Shape::new(1, 2, 2, 17),
    Shape::new(7, 1, 1, 33),
    Shape::new(63, 1, 1, 3),
    Shape::new(64, 1, 1, 3),
    Shape::new(65, 1, 1, 1),
    Shape::new(129, 1, 1, 2),
    Shape::new(2, 9, 8, 3),
    Shape::new(19, 8, 8, 50),
    Shape::new(3, 33, 35, 31),
];

#[test]
fn sums_to_every_subset_of_axes_agree_with_loops() {
    for &shape in SHAPES {
        let (x, y) = (random(shape, 1), random(shape, 2));
        for target in stretchable(shape) {
            let terms = shape.len() / target.len();
            let check = |name: &str, actual: &Cpu<f64>, f: &dyn Fn([usize; 4]) -> f64| {
                assert_eq!(actual.shape(), target);
                let (expected, magnitudes) = (sum(shape, target, f), sum(shape, target, |p| f(p).abs()));
                let what = format!("{name} of {shape} to {target}");
                // two more roundings in each term
                assert_sums_agree(&what, actual.as_slice(), &expected, &magnitudes, terms + 2, f64::EPSILON);
            };
            check("sum", &x.sum_to(target), &|p| stretched(&x, p));
            check("product", &x.dot_to(&y, target), &|p| stretched(&x, p) * stretched(&y, p));
            for stretch in [target, shape, Shape::SCALAR, shape.with_n(1), shape.with_c(1)] {
                let mean = random(stretch, 3);
                check("square deviations", &x.square_deviations_to(&mean, target), &|p| {
                    (stretched(&x, p) - stretched(&mean, p)).powi(2)
                });
            }
        }
    }
}

#[test]
fn square_deviations_survive_a_large_mean() {
    // mean 10^8, deviations of one: the difference of sums of squares would lose all of them
    let x = Cpu::<f64>::new(Shape::matrix(1000, 1), (0..1000).map(|i| 1e8 + f64::from(i % 2 * 2 - 1)).collect());
    let mean = Cpu::full(Shape::SCALAR, 1e8);
    assert_eq!(x.square_deviations_to(&mean, Shape::SCALAR).as_slice(), [1000.0]);
}

#[test]
fn long_single_precision_sums_stay_accurate() {
    // 2^20 rows: 16 shares of 1024 runs of 64, so no number is rounded more than 64 + 1024 + 16 times; one after another
    // they would be off by about one per cent
    let rows = 1 << 20;
    let x = Cpu::<f32>::full(Shape::matrix(rows, 1), 0.1);
    let total = f64::from(x.sum_to(Shape::SCALAR).as_slice()[0]);
    let exact = rows as f64 * f64::from(0.1_f32);
    let unit = f64::from(f32::EPSILON) / 2.0;
    assert!((total - exact).abs() <= 1104.0 * unit * exact, "{total} instead of {exact}");
}

#[test]
fn one_bad_number_spoils_only_its_own_sums() {
    let mut x = random(Shape::matrix(3, 20), 1);
    x.as_mut_slice()[21] = f64::NAN;
    let of_examples = x.sum_to(Shape::matrix(3, 1));
    assert_eq!(of_examples.as_slice().iter().map(|s| s.is_nan()).collect::<Vec<_>>(), [false, true, false]);
    let of_channels = x.sum_to(Shape::vector(20));
    assert!(of_channels.as_slice().iter().enumerate().all(|(c, s)| s.is_nan() == (c == 1)));
}

#[test]
#[should_panic(expected = "cannot sum 2x1x1x3 to 1x1x1x2")]
fn a_target_that_does_not_fit_is_refused() {
    let _ = random(Shape::matrix(2, 3), 1).sum_to(Shape::vector(2));
}
