//! Directions that differ from example to example, against weights written out for every example.

use consilience_tensor::{
    Activation, Convolution, Cpu, DirectionTerm, Directions, Dual, Primal, Shape, Tensor, Window,
};

use super::geometries::{Geometry, LARGE, SMALL};
use super::numbers::{absolute, assert_sums_agree, bits, map, random};
use super::operation::{Case, Operation};
use super::reference;

/// Which terms a direction has: `true` where examples are mixed.
const TERMS: [&[bool]; 4] = [&[false], &[true], &[false, true, true], &[true, false]];

fn direction(geometry: &Geometry, mixed: &[bool]) -> Directions<Cpu<f64>> {
    let n = geometry.input.n;
    let terms = mixed.iter().zip(0..).map(|(&mixed, i)| DirectionTerm {
        signal: random(geometry.output(), 40 + i),
        mix: mixed.then(|| random(Shape::matrix(n, n), 50 + i)),
    });
    Directions { input: random(geometry.input, 30), terms: vec![terms.collect()] }
}

/// The result for the only direction.
fn only(mut results: Vec<Cpu<f64>>) -> Cpu<f64> {
    assert_eq!(results.len(), 1);
    results.remove(0)
}

/// All of a direction's numbers without their signs, so that nothing cancels.
fn sizes(direction: &Directions<Cpu<f64>>) -> Directions<Cpu<f64>> {
    let term = |term: &DirectionTerm<Cpu<f64>>| DirectionTerm {
        signal: absolute(&term.signal),
        mix: term.mix.as_ref().map(absolute),
    };
    Directions { input: absolute(&direction.input), terms: vec![direction.terms[0].iter().map(term).collect()] }
}

/// `W_n` for every example, each from its definition.
fn weights(direction: &Directions<Cpu<f64>>, conv: &Convolution) -> Vec<Cpu<f64>> {
    let n = direction.input.shape().n;
    let shape = reference::weight_shape(conv, direction.input.shape().c, direction.terms[0][0].signal.shape().c);
    let mut weights = vec![vec![0.0; shape.len()]; n];
    for term in &direction.terms[0] {
        for m in 0..n {
            let gradient =
                reference::conv_weight_grad(&direction.input.examples(m..m + 1), &term.signal.examples(m..m + 1), conv);
            for (row, weight) in weights.iter_mut().enumerate() {
                let share = term.mix.as_ref().map_or(f64::from(row == m), |mix| mix.as_slice()[row * n + m]);
                if share != 0.0 {
                    weight.iter_mut().zip(gradient.as_slice()).for_each(|(w, g)| *w += share * g);
                }
            }
        }
    }
    weights.into_iter().map(|weight| Cpu::new(shape, weight)).collect()
}

/// `f(example, its weight)` for every example, one after another.
fn each_example(x: &Cpu<f64>, weights: &[Cpu<f64>], f: impl Fn(&Cpu<f64>, &Cpu<f64>) -> Cpu<f64>) -> Vec<f64> {
    weights.iter().enumerate().flat_map(|(n, weight)| f(&x.examples(n..n + 1), weight).into_vec()).collect()
}

fn agrees_with_weights_written_out(geometry: &Geometry, mixed: &[bool]) {
    let Geometry { name, input, conv, .. } = *geometry;
    let direction = direction(geometry, mixed);
    let (written, magnitudes) = (weights(&direction, &conv), weights(&sizes(&direction), &conv));
    let (x, d) = (random(input, 1), random(geometry.output(), 3));
    // products of a weight's own sum with the sum over the patch or over the outputs
    let own = geometry.output().positions() + input.n * mixed.len() + 2;

    let y = only(x.conv_along(&direction, &conv));
    assert_eq!(y.shape(), geometry.output(), "{name}");
    assert_sums_agree(
        &format!("output of {name}, mixed {mixed:?}"),
        y.as_slice(),
        &each_example(&x, &written, |x, w| reference::conv(x, w, &conv)),
        &each_example(&absolute(&x), &magnitudes, |x, w| reference::conv(x, w, &conv)),
        own + conv.patch(input),
        f64::EPSILON,
    );

    let dx = only(d.conv_input_grad_along(&direction, &conv, input));
    assert_eq!(dx.shape(), input, "{name}");
    let back = |d: &Cpu<f64>, w: &Cpu<f64>| reference::conv_input_grad(d, w, &conv, input.with_n(1));
    assert_sums_agree(
        &format!("input gradient of {name}, mixed {mixed:?}"),
        dx.as_slice(),
        &each_example(&d, &written, back),
        &each_example(&absolute(&d), &magnitudes, back),
        own + conv.window.area() * geometry.outputs / conv.groups,
        f64::EPSILON,
    );
}

#[test]
fn directions_agree_with_weights_written_out() {
    for geometry in SMALL {
        for mixed in TERMS {
            agrees_with_weights_written_out(geometry, mixed);
        }
    }
}

#[test]
fn directions_formed_in_several_blocks_agree_too() {
    // 2^20 numbers at a time: 2 examples of 576 leave 910 of 1000 outputs for the first block
    let conv = Convolution { window: Window::square(3, 1, 1), groups: 1 };
    let wide = Geometry { name: "two blocks of outputs", input: Shape::new(2, 2, 2, 64), outputs: 1000, conv };
    agrees_with_weights_written_out(&wide, &[false, true]);
    for geometry in LARGE.iter().filter(|geometry| geometry.name == "few rows, wide columns") {
        agrees_with_weights_written_out(geometry, &[true]);
    }
}

#[test]
fn own_weights_formed_in_several_blocks_agree_too() {
    // 2^18 numbers at a time: a patch of 576 leaves 455 of 1000 outputs for the first block
    let conv = Convolution { window: Window::square(3, 1, 1), groups: 1 };
    let wide = Geometry { name: "three blocks of outputs", input: Shape::new(2, 2, 2, 64), outputs: 1000, conv };
    agrees_with_weights_written_out(&wide, &[false]);
}

#[test]
fn several_directions_at_once_are_each_as_if_alone() {
    for geometry in SMALL {
        let Geometry { name, input, conv, .. } = *geometry;
        let (x, d) = (random(input, 1), random(geometry.output(), 3));
        for mixed in [[false, false, false], [true, false, true]] {
            let n = input.n;
            let term = |(&mixed, seed): (&bool, u64)| {
                let mix = mixed.then(|| random(Shape::matrix(n, n), 80 + seed));
                vec![DirectionTerm { signal: random(geometry.output(), 70 + seed), mix }]
            };
            let directions = Directions { input: random(input, 30), terms: mixed.iter().zip(0..).map(term).collect() };
            let together = x.conv_along(&directions, &conv);
            let back = d.conv_input_grad_along(&directions, &conv, input);
            assert_eq!((together.len(), back.len()), (3, 3), "{name}");
            for index in 0..3 {
                let alone = directions.direction(index);
                let pairs = [
                    (&together[index], only(x.conv_along(&alone, &conv))),
                    (&back[index], only(d.conv_input_grad_along(&alone, &conv, input))),
                ];
                for (together, alone) in pairs {
                    // products of the same numbers, added in another order: a few hundred terms of at most one each
                    super::numbers::assert_within(name, together.as_slice(), alone.as_slice(), |_| 1e-12);
                }
            }
        }
    }
}

#[test]
fn dual_numbers_of_several_directions_share_the_value() {
    let shape = Shape::matrix(2, 3);
    let (x, w) = (random(shape, 1), random(Shape::matrix(4, 3), 2));
    let (dx, dw): (Vec<_>, Vec<_>) = (3..6).map(|i| (random(shape, i), random(Shape::matrix(4, 3), 10 * i))).unzip();
    let run =
        |x: &Dual<Cpu<f64>>, w: &Dual<Cpu<f64>>| x.conv(w, &Convolution::POINT).activate(Activation::Tanh).0.softmax();
    let all = run(&Dual::along(x.clone(), dx.clone()), &Dual::along(w.clone(), dw.clone()));
    assert_eq!(all.tangents().len(), 3);
    for (index, (dx, dw)) in dx.into_iter().zip(dw).enumerate() {
        let alone = run(&Dual::new(x.clone(), dx), &Dual::new(w.clone(), dw));
        assert_eq!(all.value().as_slice(), alone.value().as_slice());
        assert_eq!(all.tangents()[index].as_slice(), alone.tangent().unwrap().as_slice());
        assert_eq!(all.direction(index).tangent().unwrap().as_slice(), alone.tangent().unwrap().as_slice());
    }
}

#[test]
#[should_panic(expected = "move along the same directions")]
fn numbers_with_other_directions_do_not_meet() {
    let x = random(Shape::matrix(2, 3), 1);
    let two = Dual::along(x.clone(), vec![x.clone(), x.clone()]);
    let _ = two.add(&Dual::new(x.clone(), x));
}

#[test]
fn dual_weights_follow_the_product_rule() {
    for geometry in SMALL {
        let Geometry { name, input, conv, .. } = *geometry;
        let direction = direction(geometry, &[false, true]);
        let [x, w, d] = [random(input, 1), random(geometry.weight(), 2), random(geometry.output(), 3)];
        let [tx, td] = [random(input, 4), random(geometry.output(), 5)];
        let weight = Dual::per_example(w.clone(), direction.clone());

        let along = only(x.conv_along(&direction, &conv));
        let still = Dual::constant(x.clone()).conv(&weight, &conv);
        assert_eq!(bits(&still.values()), bits(x.conv(&w, &conv).as_slice()), "{name}");
        assert_eq!(bits(still.tangent().unwrap().as_slice()), bits(along.as_slice()), "{name}");
        let moving = Dual::new(x, tx.clone()).conv(&weight, &conv);
        let expected = tx.conv(&w, &conv).add(&along);
        assert_eq!(moving.tangent().unwrap().as_slice(), expected.as_slice(), "{name}");

        let along = only(d.conv_input_grad_along(&direction, &conv, input));
        let still = Dual::constant(d.clone()).conv_input_grad(&weight, &conv, input);
        assert_eq!(bits(still.tangent().unwrap().as_slice()), bits(along.as_slice()), "{name}");
        let moving = Dual::new(d, td.clone()).conv_input_grad(&weight, &conv, input);
        let expected = td.conv_input_grad(&w, &conv, input).add(&along);
        assert_eq!(moving.tangent().unwrap().as_slice(), expected.as_slice(), "{name}");
    }
}

#[test]
fn a_direction_by_hand() {
    // two examples with inputs (1, 2) and (3, 4) and signals 10 and 100: gradients (10, 20) and (300, 400)
    let x = Cpu::<f64>::new(Shape::matrix(2, 2), vec![1.0, 2.0, 3.0, 4.0]);
    let signal = Cpu::new(Shape::matrix(2, 1), vec![10.0, 100.0]);
    let own = vec![DirectionTerm { signal: signal.clone(), mix: None }];
    let own = Directions { input: x.clone(), terms: vec![own] };
    assert_eq!(only(x.conv_along(&own, &Convolution::POINT)).as_slice(), [50.0, 2500.0]);
    // each example moves along the other's gradient: (1, 2) . (300, 400) and (3, 4) . (10, 20)
    let swap = Cpu::new(Shape::matrix(2, 2), vec![0.0, 1.0, 1.0, 0.0]);
    let other = Directions { input: x.clone(), terms: vec![vec![DirectionTerm { signal, mix: Some(swap) }]] };
    assert_eq!(only(x.conv_along(&other, &Convolution::POINT)).as_slice(), [1100.0, 110.0]);
}

/// Which operands of an operation carry a direction per example.
const VECTORS: &[(Operation, &[bool])] = &[
    (Operation::Add, &[false, true]),
    (Operation::Sub, &[false, true]),
    (Operation::Mul, &[false, true]),
    (Operation::Affine, &[false, true, true]),
    (Operation::Affine, &[false, true, false]),
    (Operation::Affine, &[false, false, true]),
    (Operation::AffinePair, &[false, true, false, true, true]),
];

#[test]
fn vectors_that_move_per_example_act_on_each_example_alone() {
    for x in [Shape::new(7, 3, 2, 5), Shape::matrix(7, 5), Shape::matrix(2, 1), Shape::new(1, 2, 2, 3)] {
        for (operation, per_example) in VECTORS {
            for moves in [false, true] {
                let shapes = per_example.iter().map(|&p| if p { Shape::vector(x.c) } else { x }).collect();
                let case = Case { operation: *operation, shapes };
                let tangents: Vec<Cpu<f64>> = (per_example.iter().zip(60..))
                    .map(|(&p, seed)| random(if p { Shape::matrix(x.n, x.c) } else { x }, seed))
                    .collect();
                let of = |value: Cpu<f64>, tangent: Cpu<f64>, p: bool| {
                    if p || moves { Dual::new(value, tangent) } else { Dual::constant(value) }
                };
                let values = case.operands(1);
                let all: Vec<_> = (values.iter().zip(&tangents).zip(*per_example))
                    .map(|((value, tangent), &p)| of(value.clone(), tangent.clone(), p))
                    .collect();
                let result = operation.apply(&all);
                for n in 0..x.n {
                    let alone: Vec<_> = (values.iter().zip(&tangents).zip(*per_example))
                        .map(|((value, tangent), &p)| {
                            let value = if p { value.clone() } else { value.examples(n..n + 1) };
                            of(value, tangent.examples(n..n + 1), p)
                        })
                        .collect();
                    let alone = operation.apply(&alone);
                    let what = format!("{operation:?} of {x}, example {n}");
                    assert_eq!(result.value().example(n), alone.value().as_slice(), "{what}");
                    assert_eq!(result.tangent().unwrap().example(n), alone.tangent().unwrap().as_slice(), "{what}");
                }
            }
        }
    }
}

#[test]
fn a_scale_that_moves_per_example_follows_differences() {
    let shape = Shape::new(4, 2, 3, 5);
    let (x, scale, tangent) = (random(shape, 1), random(Shape::vector(5), 2), random(Shape::matrix(4, 5), 3));
    let moved = |t: f64| x.clone().mul(&map(&tangent, |d| t * d).add(&scale));
    let result = Dual::constant(x.clone()).mul(&Dual::new(scale.clone(), tangent.clone()));
    // linear in the scale: the difference over a step of two is the derivative
    let difference: Vec<f64> =
        moved(1.0).as_slice().iter().zip(moved(-1.0).as_slice()).map(|(a, b)| (a - b) / 2.0).collect();
    super::numbers::assert_within("scale", result.tangent().unwrap().as_slice(), &difference, |_| 4.0 * f64::EPSILON);
}

#[test]
#[should_panic(expected = "elementwise operations only")]
fn a_vector_that_moves_per_example_is_not_summed() {
    let vector = Dual::new(random(Shape::vector(3), 1), random(Shape::matrix(4, 3), 2));
    let _ = vector.sum_to(Shape::SCALAR);
}

#[test]
#[should_panic(expected = "mix 7 examples")]
fn a_mix_of_the_wrong_size_is_refused() {
    let mut direction = direction(&SMALL[1], &[true]);
    direction.terms[0][0].mix = Some(random(Shape::matrix(7, 6), 1));
    let _ = random(SMALL[1].input, 2).conv_along(&direction, &SMALL[1].conv);
}

#[test]
#[should_panic(expected = "bilinear operations only")]
fn a_weight_that_moves_per_example_has_no_array() {
    let weight = Dual::per_example(random(SMALL[1].weight(), 1), direction(&SMALL[1], &[false]));
    let _ = weight.scale(2.0);
}
