//! Elementwise operations under every way of stretching, softmax and layout.

use consilience_tensor::{Cpu, Primal, Shape, Tensor};

use super::numbers::{assert_within, bits, map, random};
use super::reference::{places, stretched};

/// Shapes of the first operand: small, with axes of size 1, and long enough for several tasks.
const SHAPES: &[Shape] = &[
    Shape::new(3, 4, 5, 6),
    Shape::new(2, 7, 1, 3),
    Shape::new(7, 1, 1, 17),
    Shape::new(4, 3, 2, 1),
    Shape::SCALAR,
    Shape::new(5, 9, 31, 33),
    Shape::new(70_000, 1, 1, 1),
];

/// `shape` with size 1 along each of the sixteen subsets of axes.
pub fn stretchable(shape: Shape) -> impl Iterator<Item = Shape> {
    (0..16).map(move |mask| {
        let along = |bit: usize, size: usize| if mask >> bit & 1 == 1 { 1 } else { size };
        Shape::new(along(0, shape.n), along(1, shape.h), along(2, shape.w), along(3, shape.c))
    })
}

/// The elements of `f(place)` at every place.
fn at_every_place(shape: Shape, f: impl Fn([usize; 4]) -> f64) -> Vec<f64> {
    places(shape).map(f).collect()
}

#[test]
fn two_operands_meet_under_every_stretch() {
    type Binary = (&'static str, fn(Cpu<f64>, &Cpu<f64>) -> Cpu<f64>, fn(f64, f64) -> f64);
    let operations: [Binary; 3] =
        [("add", Tensor::add, |x, y| x + y), ("sub", Tensor::sub, |x, y| x - y), ("mul", Tensor::mul, |x, y| x * y)];
    for &shape in SHAPES {
        let x = random(shape, 1);
        for other in stretchable(shape) {
            let y = random(other, 2);
            for (name, operation, f) in operations {
                let actual = operation(x.clone(), &y);
                assert_eq!(actual.shape(), shape);
                let expected = at_every_place(shape, |place| f(stretched(&x, place), stretched(&y, place)));
                // one rounding: nothing to be off by
                assert_eq!(actual.as_slice(), expected, "{name} of {shape} and {other}");
            }
        }
    }
}

#[test]
fn affine_maps_meet_under_every_stretch() {
    for &shape in SHAPES {
        let (x, y) = (random(shape, 1), random(shape, 2));
        // every pair of stretches would be 256: pair each with one that is as different as can be
        for (one, other) in stretchable(shape).zip(stretchable(shape).collect::<Vec<_>>().into_iter().rev()) {
            for (scale, shift) in [(one, other), (one, one)] {
                let [a, b, s] = [random(scale, 3), random(one, 4), random(shift, 5)];
                let affine = at_every_place(shape, |p| stretched(&x, p) * stretched(&a, p) + stretched(&s, p));
                let pair = at_every_place(shape, |p| {
                    stretched(&x, p) * stretched(&a, p) + stretched(&y, p) * stretched(&b, p) + stretched(&s, p)
                });
                let what = format!("{shape}, scale {scale}, shift {shift}");
                // at most three products or sums of numbers below 3, each with half an epsilon, twice
                let bound = |_| 9.0 * f64::EPSILON;
                assert_within(&what, x.clone().affine(&a, &s).as_slice(), &affine, bound);
                assert_within(&what, x.clone().affine_pair(&a, &y, &b, &s).as_slice(), &pair, bound);
            }
        }
    }
}

#[test]
fn scaling_and_inverse_roots() {
    for &shape in SHAPES {
        let x = map(&random(shape, 1), f64::abs);
        assert_eq!(x.clone().scale(-2.5).as_slice(), map(&x, |x| x * -2.5).as_slice());
        let expected: Vec<f64> = x.as_slice().iter().map(|x| 1.0 / (x + 1e-5).sqrt()).collect();
        // three operations, each rounded once, on both sides
        let bound = |i: usize| 3.0 * f64::EPSILON * expected[i];
        assert_within("rsqrt", x.clone().rsqrt(1e-5).as_slice(), &expected, bound);
    }
    let x = Cpu::new(Shape::vector(4), vec![4.0, 0.0, f64::INFINITY, -1.0]);
    let y = x.rsqrt(0.0);
    assert_eq!(y.as_slice()[..3], [0.5, f64::INFINITY, 0.0]);
    assert!(y.as_slice()[3].is_nan());
}

#[test]
fn softmax_of_ordinary_logits() {
    for &shape in SHAPES {
        let x = map(&random(shape, 1), |x| 8.0 * x);
        let total = super::reference::sum(shape, shape.with_c(1), |place| stretched(&x, place).exp());
        let total = Cpu::new(shape.with_c(1), total);
        let expected = at_every_place(shape, |place| stretched(&x, place).exp() / stretched(&total, place));
        // the difference to the largest logit (at most 16) is rounded before the exponential; then a sum over channels
        let relative = (16.0 + shape.c as f64 + 4.0) * f64::EPSILON;
        assert_within("softmax", x.softmax().as_slice(), &expected, |i| relative * expected[i]);
    }
}

#[test]
fn softmax_of_extreme_logits() {
    let half = 0.5;
    let e = (-1.0_f64).exp();
    let table: &[(&[f64], &[f64])] = &[
        (&[1e4, 1e4], &[half, half]),
        (&[-1e4, -1e4], &[half, half]),
        (&[1e300, -1e300], &[1.0, 0.0]),
        (&[1e4, 1e4 - 1.0], &[1.0 / (1.0 + e), e / (1.0 + e)]),
        (&[f64::NEG_INFINITY, 3.0], &[0.0, 1.0]),
        (&[7.0], &[1.0]),
    ];
    for (logits, expected) in table {
        let x = Cpu::new(Shape::vector(logits.len()), logits.to_vec());
        assert_within("softmax", x.softmax().as_slice(), expected, |_| 4.0 * f64::EPSILON);
    }
    let single = Cpu::<f32>::new(Shape::vector(3), vec![1e4, 0.0, -1e4]).softmax();
    assert_eq!(single.as_slice(), [1.0, 0.0, 0.0]);
    // one bad example stays visible and does not spoil its neighbours
    let mixed = Cpu::new(Shape::matrix(2, 2), vec![f64::NAN, 1.0, 0.0, 0.0]).softmax();
    assert!(mixed.example(0).iter().all(|p| p.is_nan()));
    assert_eq!(mixed.example(1), [half, half]);
}

#[test]
fn flattening_puts_channels_first() {
    // element (h, w, c) is the number hwc; PyTorch reads an image as C, H, W
    let shape = Shape::new(2, 2, 3, 2);
    let name = |[n, h, w, c]: [usize; 4]| (1000 * n + 100 * h + 10 * w + c) as f64;
    let x = Cpu::new(shape, at_every_place(shape, name));
    let flat = x.clone().flatten_channels_first();
    assert_eq!(flat.shape(), Shape::matrix(2, 12));
    assert_eq!(flat.example(0), [0.0, 10.0, 20.0, 100.0, 110.0, 120.0, 1.0, 11.0, 21.0, 101.0, 111.0, 121.0]);
    assert_eq!(flat.example(1)[1], 1010.0);
    for &shape in SHAPES {
        let x = random(shape, 1);
        let flat = x.clone().flatten_channels_first();
        let mut expected = vec![0.0; shape.len()];
        for [n, h, w, c] in places(shape) {
            expected[((n * shape.c + c) * shape.h + h) * shape.w + w] = stretched(&x, [n, h, w, c]);
        }
        assert_eq!(flat.as_slice(), expected, "{shape}");
        assert_eq!(flat.unflatten_channels_first(shape).as_slice(), x.as_slice(), "{shape}");
    }
}

#[test]
fn reshaping_casting_and_taking_examples_keep_the_elements() {
    let x = random(Shape::new(5, 2, 3, 4), 1);
    let tall = x.clone().reshape(Shape::new(1, 10, 4, 3));
    assert_eq!((tall.shape(), tall.as_slice()), (Shape::new(1, 10, 4, 3), x.as_slice()));
    let some = x.examples(1..4);
    assert_eq!((some.shape(), some.as_slice()), (Shape::new(3, 2, 3, 4), &x.as_slice()[24..96]));
    assert_eq!(some.example(2), x.example(3));
    assert_eq!(x.examples(2..2).shape().len(), 0);
    let single: Cpu<f32> = x.cast();
    assert!(single.as_slice().iter().zip(x.as_slice()).all(|(&s, &d)| s == d as f32));
    assert_eq!(Cpu::<f32>::full(Shape::vector(2), 0.1).as_slice(), [0.1_f32; 2]);
    assert_eq!(Cpu::<f64>::from_vec(Shape::vector(2), vec![1.0, 2.0]).values().as_ref(), [1.0, 2.0]);
}

#[test]
fn a_clone_does_not_change_with_its_original() {
    let x = random(Shape::matrix(3, 4), 1);
    let before = bits(x.as_slice());
    let mut y = x.clone().scale(2.0).activate(consilience_tensor::Activation::Tanh).0.add(&x);
    y.as_mut_slice().fill(0.0);
    assert_eq!(bits(x.as_slice()), before);
    // an array that nothing shares is written in place
    let (address, x) = (x.as_slice().as_ptr(), x.scale(2.0));
    assert_eq!(x.as_slice().as_ptr(), address);
}

#[test]
fn gathering_reads_what_a_maximum_chose() {
    let indices = std::sync::Arc::new(vec![4, 1, 2, 3].into());
    let x = Cpu::new(Shape::new(2, 3, 1, 2), (0..12).map(f64::from).collect());
    assert_eq!(x.gather(&indices, Shape::matrix(2, 2)).as_slice(), [4.0, 1.0, 8.0, 9.0]);
}

#[test]
#[should_panic(expected = "cannot stretch 2x1x1x3 to 4x1x1x3")]
fn shapes_that_do_not_stretch_are_refused() {
    let _ = random(Shape::matrix(4, 3), 1).add(&random(Shape::matrix(2, 3), 2));
}

#[test]
#[should_panic(expected = "an array of shape 1x2x1x3 has 6 elements")]
fn a_wrong_number_of_elements_is_refused() {
    let _ = Cpu::<f32>::new(Shape::new(1, 2, 1, 3), vec![0.0; 5]);
}
