//! The three bilinear operations against naive loops, and as adjoints of one another.

use consilience_tensor::{Convolution, Cpu, Shape, Tensor, Window, unfold};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::geometries::{Geometry, LARGE, SMALL};
use super::numbers::{absolute, assert_sums_agree, inner, random};
use super::reference;

fn operands(geometry: &Geometry) -> [Cpu<f64>; 3] {
    [random(geometry.input, 1), random(geometry.weight(), 2), random(geometry.output(), 3)]
}

fn agrees_with_loops(geometry: &Geometry) {
    let Geometry { input, conv, .. } = geometry;
    let [x, w, d] = operands(geometry);
    let [ax, aw, ad] = [&x, &w, &d].map(absolute);
    let check = |what: &str, actual: &Cpu<f64>, expected: &Cpu<f64>, magnitudes: &Cpu<f64>, terms: usize| {
        let what = format!("{what} of {}", geometry.name);
        assert_eq!(actual.shape(), expected.shape(), "{what}");
        assert_sums_agree(&what, actual.as_slice(), expected.as_slice(), magnitudes.as_slice(), terms, f64::EPSILON);
    };
    let area = conv.window.area();
    check(
        "output",
        &x.conv(&w, conv),
        &reference::conv(&x, &w, conv),
        &reference::conv(&ax, &aw, conv),
        area * input.c / conv.groups,
    );
    check(
        "input gradient",
        &d.conv_input_grad(&w, conv, *input),
        &reference::conv_input_grad(&d, &w, conv, *input),
        &reference::conv_input_grad(&ad, &aw, conv, *input),
        area * geometry.outputs / conv.groups,
    );
    check(
        "weight gradient",
        &x.conv_weight_grad(&d, conv),
        &reference::conv_weight_grad(&x, &d, conv),
        &reference::conv_weight_grad(&ax, &ad, conv),
        geometry.output().rows(),
    );
}

/// `<conv(x, w), d> = <x, input gradient> = <w, weight gradient>`.
fn is_adjoint(geometry: &Geometry) {
    let Geometry { name, input, conv, .. } = geometry;
    let [x, w, d] = operands(geometry);
    let along_output = inner(x.conv(&w, conv).as_slice(), d.as_slice());
    let along_input = inner(d.conv_input_grad(&w, conv, *input).as_slice(), x.as_slice());
    let along_weight = inner(x.conv_weight_grad(&d, conv).as_slice(), w.as_slice());
    let [ax, aw, ad] = [&x, &w, &d].map(absolute);
    let magnitude = inner(ax.conv(&aw, conv).as_slice(), ad.as_slice());
    // a sum of all scalar products, in three orders
    let terms = conv.window.area() * input.c / conv.groups * geometry.output().len();
    for (what, product) in [("input", along_input), ("weight", along_weight)] {
        let what = format!("adjoint of {name} in its {what}");
        assert_sums_agree(&what, &[product], &[along_output], &[magnitude], terms, f64::EPSILON);
    }
}

#[test]
fn small_convolutions_agree_with_loops() {
    SMALL.iter().for_each(agrees_with_loops);
}

#[test]
fn large_convolutions_agree_with_loops() {
    LARGE.iter().for_each(agrees_with_loops);
}

#[test]
fn gradients_are_adjoints() {
    SMALL.iter().chain(LARGE).for_each(is_adjoint);
}

fn geometry() -> impl Strategy<Value = Geometry> {
    let pair = |range: std::ops::Range<usize>| (range.clone(), range);
    (pair(1..5), pair(1..4), pair(0..4), 1_usize..4, pair(1..4), 1_usize..4, pair(0..6)).prop_map(
        |(kernel, stride, padding, groups, (inputs, outputs), n, (h, w))| {
            // at least one window fits
            let h = (h + 1).max(kernel.0.saturating_sub(2 * padding.0));
            let w = (w + 1).max(kernel.1.saturating_sub(2 * padding.1));
            let conv = Convolution { window: Window { kernel, stride, padding }, groups };
            let input = Shape::new(n, h, w, inputs * groups);
            Geometry { name: "any geometry", input, outputs: outputs * groups, conv }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default()
    })]

    #[test]
    fn any_geometry_agrees_with_loops(geometry in geometry()) {
        prop_assert_eq!(geometry.conv.output_shape(geometry.input, geometry.weight()), geometry.output());
        prop_assert_eq!(geometry.conv.weight_shape(geometry.input.c, geometry.outputs), geometry.weight());
        agrees_with_loops(&geometry);
        is_adjoint(&geometry);
    }
}

#[test]
fn unfolded_rows_times_the_weight_are_the_output() {
    for geometry in SMALL {
        let [x, w, _] = operands(geometry);
        let Geometry { input, conv, .. } = *geometry;
        let output = geometry.output();
        let (patch, outputs) = (conv.patch(input), output.c / conv.groups);
        let expected = reference::conv(&x, &w, &conv);
        let magnitudes = reference::conv(&absolute(&x), &absolute(&w), &conv);
        // all examples but the first, so that the range counts
        let examples = input.n.min(2) - 1..input.n;
        let first = examples.start * output.positions();
        let rows = examples.len() * output.positions();
        for group in 0..conv.groups {
            let mut patches = vec![f64::NAN; rows * patch];
            unfold(x.as_slice(), input, conv, group, examples.clone(), &mut patches);
            for row in 0..rows {
                for o in group * outputs..(group + 1) * outputs {
                    let product = inner(&patches[row * patch..][..patch], &w.as_slice()[o * patch..][..patch]);
                    let at = (first + row) * output.c + o;
                    assert_sums_agree(
                        geometry.name,
                        &[product],
                        &expected.as_slice()[at..=at],
                        &magnitudes.as_slice()[at..=at],
                        patch,
                        f64::EPSILON,
                    );
                }
            }
        }
    }
}

#[test]
fn a_convolution_by_hand() {
    // a 2x2 image with two channels, a 2x2 kernel: 1*1 + 2*10 + 3*100 + 4*1000 in the first channel, minus the second's sum
    let x = Cpu::new(Shape::new(1, 2, 2, 2), vec![1.0, 5.0, 2.0, 6.0, 3.0, 7.0, 4.0, 8.0]);
    let w = Cpu::new(Shape::new(1, 2, 2, 2), vec![1.0, -1.0, 10.0, -1.0, 100.0, -1.0, 1000.0, -1.0]);
    let conv = Convolution { window: Window::square(2, 1, 0), groups: 1 };
    assert_eq!(x.conv(&w, &conv).as_slice(), [4321.0 - 26.0]);
}

#[test]
#[should_panic(expected = "does not take")]
fn a_weight_of_the_wrong_size_is_refused() {
    let _ = random(Shape::matrix(2, 3), 1).conv(&random(Shape::matrix(4, 5), 2), &Convolution::POINT);
}
