//! Non-linearities: known values, slopes and curvatures against differences, extremes.

use consilience_tensor::{Activation, Cpu, Primal, Real, Shape, Tensor};

use super::numbers::{assert_within, random};

const ALL: [Activation; 6] =
    [Activation::Relu, Activation::Tanh, Activation::Sigmoid, Activation::Gelu, Activation::Silu, Activation::Softplus];

/// Values to 16 digits, computed with 50.
const VALUES: &[(Activation, f64, f64)] = &[
    (Activation::Relu, -1.0, 0.0),
    (Activation::Relu, 2.5, 2.5),
    (Activation::Tanh, 1.0, 0.761_594_155_955_764_9),
    (Activation::Tanh, -0.5, -0.462_117_157_260_009_76),
    (Activation::Sigmoid, 1.0, 0.731_058_578_630_004_9),
    (Activation::Sigmoid, -2.0, 0.119_202_922_022_117_56),
    (Activation::Gelu, 1.0, 0.841_344_746_068_542_9),
    (Activation::Gelu, -2.0, -0.045_500_263_896_358_41),
    (Activation::Silu, 1.0, 0.731_058_578_630_004_9),
    (Activation::Silu, -2.0, -0.238_405_844_044_235_1),
    (Activation::Softplus, 0.0, std::f64::consts::LN_2),
    (Activation::Softplus, 1.0, 1.313_261_687_518_222_8),
];

#[test]
fn known_values() {
    for &(activation, x, expected) in VALUES {
        let what = format!("{activation:?} at {x}");
        assert_within(&what, &[activation.value(x)], &[expected], |_| 4.0 * f64::EPSILON);
        let single = activation.value(x as f32);
        assert_within(&what, &[f64::from(single)], &[expected], |_| 4.0 * f64::from(f32::EPSILON));
    }
}

/// What the forward pass saves at input `x`.
fn saved<R: Real>(activation: Activation, x: R) -> R {
    if activation.saves_output() { activation.value(x) } else { x }
}

/// A central difference of fourth order, off by `step^4 / 30` fifth derivatives and 1.5 roundings of `f` per step.
fn difference(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 1e-3;
    (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h)
}

#[test]
fn slopes_and_curvatures_agree_with_differences() {
    for activation in ALL {
        // none of the points is within two steps of ReLU's kink
        for x in (-60..60).map(|i| f64::from(i) / 10.0 + 0.05) {
            // fifth derivatives stay below 100; f below 7
            let bound = |_| 100.0 * 1e-12 / 30.0 + 1.5 * 7.0 * f64::EPSILON / 1e-3;
            let what = format!("{activation:?} at {x}");
            let slope = activation.slope(saved(activation, x));
            assert_within(&what, &[slope], &[difference(|x| activation.value(x), x)], bound);
            let s = saved(activation, x);
            if activation != Activation::Relu {
                let curvature = activation.slope_derivative(s);
                assert_within(&what, &[curvature], &[difference(|s| activation.slope(s), s)], bound);
            }
        }
    }
    assert_eq!(Activation::Relu.slope(0.0_f64), 0.0, "the slope at the kink");
    assert_eq!(Activation::Relu.slope_derivative(1.0_f64), 0.0);
}

/// Value, slope and second derivative far out: limits left (-1) or right (1) of everything.
fn limits(activation: Activation, x: f64) -> [f64; 2] {
    let right = x > 0.0;
    match activation {
        Activation::Relu | Activation::Gelu | Activation::Silu | Activation::Softplus => {
            if right {
                [x, 1.0]
            } else {
                [0.0, 0.0]
            }
        }
        Activation::Tanh => [x.signum(), 0.0],
        Activation::Sigmoid => [if right { 1.0 } else { 0.0 }, 0.0],
    }
}

fn stays_finite<R: Real>() {
    for activation in ALL {
        for x in [-1000.0, -100.0, 100.0, 1000.0] {
            let s = saved(activation, R::of(x));
            let [value, slope] = limits(activation, x);
            let what = format!("{activation:?}<{}> at {x}", R::NAME);
            // exp(-100) times 100 is below 1e-41
            let bound = |_| 1e-40;
            assert_within(&what, &[activation.value(R::of(x)).f64()], &[value], bound);
            assert_within(&what, &[activation.slope(s).f64()], &[slope], bound);
            // d/dx slope = h'(s) ds/dx, and everything is flat out there
            let ds = if activation.saves_output() { activation.slope(s).f64() } else { 1.0 };
            assert_within(&what, &[activation.slope_derivative(s).f64() * ds], &[0.0], bound);
        }
        for x in [R::zero(), -R::zero()] {
            assert!(activation.value(x).is_finite() && activation.slope(saved(activation, x)).is_finite());
        }
        assert!(activation.value(R::nan()).is_nan(), "{activation:?} hides a NaN");
    }
}

#[test]
fn extremes_stay_finite_and_reach_their_limits() {
    stays_finite::<f32>();
    stays_finite::<f64>();
}

#[test]
fn arrays_apply_the_scalar_functions() {
    // several tasks
    let shape = Shape::new(3, 7, 9, 211);
    for activation in ALL {
        let (x, d) = (random(shape, 1).scale(4.0), random(shape, 2));
        let (y, s) = x.clone().activate(activation);
        let signal = d.clone().activation_grad(&s, activation);
        let curved = d.clone().activation_curvature(&s, activation);
        for i in 0..shape.len() {
            let (x, d, s) = (x.as_slice()[i], d.as_slice()[i], s.as_slice()[i]);
            assert_eq!(y.as_slice()[i], activation.value(x), "{activation:?}");
            assert_eq!(signal.as_slice()[i], d * activation.slope(s), "{activation:?}");
            assert_eq!(curved.as_slice()[i], d * activation.slope_derivative(s), "{activation:?}");
        }
    }
}

#[test]
fn relu_stops_even_an_infinite_signal() {
    // where ReLU is flat the signal is dropped, not multiplied by zero
    let signal = Cpu::full(Shape::vector(2), f64::INFINITY);
    let saved = Cpu::new(Shape::vector(2), vec![0.0, 1.0]);
    assert_eq!(signal.activation_grad(&saved, Activation::Relu).as_slice(), [0.0, f64::INFINITY]);
}
