//! Dual numbers against differences of the same operation on plain numbers.

use consilience_tensor::{Activation, Convolution, Cpu, Dual, Shape, Tensor, Window};

use super::geometries::SMALL;
use super::numbers::{assert_within, bits, moved, random};
use super::operation::{Case, Operation, bilinear, others};

/// `(8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h`: exact for polynomials up to degree four, else off by `h^4 / 30` fifth
/// derivatives; rounding errors of `f` enter 1.5 times over `h`.
fn difference(step: f64, f: impl Fn(f64) -> Cpu<f64>) -> Vec<f64> {
    let [near, below, far, far_below] = [step, -step, 2.0 * step, -2.0 * step].map(|t| f(t).into_vec());
    (0..near.len()).map(|i| (8.0 * (near[i] - below[i]) - (far[i] - far_below[i])) / (12.0 * step)).collect()
}

/// Step and bound for an operation on operands and directions of at most unit size.
fn accuracy(case: &Case) -> (f64, f64) {
    let terms = case.terms() as f64;
    let (step, remainder) = if case.operation.is_polynomial() {
        (0.25, 0.0)
    } else {
        // fifth derivatives along directions in [-1, 1] stay below 1000
        (1e-3, 1000.0 * 1e-12 / 30.0)
    };
    // at most three factors below 2 per term; each result is a sum of `terms` with as many roundings
    (step, remainder + 1.5 / step * (terms + 4.0) * f64::EPSILON * 8.0 * terms)
}

/// Every subset of operands moves: the value is that of plain numbers, byte for byte, and the tangent the difference.
fn agrees_with_differences(case: &Case) {
    let (values, directions) = (case.operands(1), directions(case));
    let plain = case.operation.apply(&values);
    let (step, bound) = accuracy(case);
    for mask in 0..1_usize << values.len() {
        let moves = |i: usize| mask >> i & 1 == 1;
        let duals: Vec<Dual<Cpu<f64>>> = (values.iter().zip(&directions).enumerate())
            .map(
                |(i, (value, direction))| {
                    if moves(i) { Dual::new(value.clone(), direction.clone()) } else { Dual::constant(value.clone()) }
                },
            )
            .collect();
        let result = case.operation.apply(&duals);
        let what = format!("{:?} of {:?}, moving {mask:b}", case.operation, case.shapes);
        assert_eq!(result.shape(), plain.shape(), "{what}");
        assert_eq!(bits(&result.values()), bits(plain.as_slice()), "value of {what}");
        if mask == 0 {
            assert!(result.tangent().is_none(), "{what}");
            continue;
        }
        let expected = difference(step, |t| {
            let at = |(i, value)| if moves(i) { moved(value, t, &directions[i]) } else { Clone::clone(value) };
            case.operation.apply(&values.iter().enumerate().map(at).collect::<Vec<_>>())
        });
        match result.tangent() {
            None => assert!(expected.iter().all(|&e| e == 0.0), "no tangent of {what}"),
            Some(tangent) => {
                assert_eq!(tangent.shape(), plain.shape(), "{what}");
                assert_within(&what, tangent.as_slice(), &expected, |_| bound);
            }
        }
    }
}

fn directions(case: &Case) -> Vec<Cpu<f64>> {
    case.shapes.iter().enumerate().map(|(i, &shape)| random(shape, 100 + i as u64)).collect()
}

#[test]
fn bilinear_operations() {
    SMALL.iter().flat_map(bilinear).for_each(|case| agrees_with_differences(&case));
}

#[test]
fn all_other_operations() {
    for shape in [Shape::new(2, 5, 4, 3), Shape::new(7, 3, 3, 2), Shape::new(1, 4, 3, 17)] {
        others(shape).iter().for_each(agrees_with_differences);
    }
}

#[test]
fn an_operand_used_twice_moves_twice() {
    let shape = Shape::new(2, 3, 2, 3);
    let (x, t) = (random(shape, 1), random(shape, 2));
    let dual = Dual::new(x.clone(), t.clone());
    let square = dual.clone().mul(&dual);
    let expected = x.clone().mul(&t).scale(2.0);
    assert_within("d x^2", square.tangent().unwrap().as_slice(), expected.as_slice(), |_| 2.0 * f64::EPSILON);
    let nothing = dual.clone().sub(&dual);
    assert!(nothing.tangent().unwrap().as_slice().iter().all(|&t| t == 0.0));
}

/// The gradient of the mean cross-entropy of a convolution, a group of affine maps, GELU, a maximum, a linear layer and a
/// softmax, written once over any kind of number. Parameters: kernel, scale, bias, matrix.
fn gradient<T: Tensor>(x: &T, targets: &T, [kernel, scale, bias, matrix]: &[T; 4]) -> [T; 4] {
    let conv = Convolution { window: Window::square(3, 1, 1), groups: 1 };
    let pool = Window::square(2, 2, 0);
    let (input, n) = (x.shape(), x.shape().n);
    let convolved = x.conv(kernel, &conv);
    let normed = convolved.clone().affine(scale, bias);
    let active = normed.clone().activate(Activation::Gelu).0;
    let (pooled, indices) = active.max_pool(&pool);
    let flat = pooled.clone().flatten_channels_first();
    let p = flat.conv(matrix, &Convolution::POINT).softmax();
    let d = p.sub(targets).scale(1.0 / n as f64);
    let d_matrix = flat.conv_weight_grad(&d, &Convolution::POINT);
    let d = d.conv_input_grad(matrix, &Convolution::POINT, flat.shape());
    let d = d.unflatten_channels_first(pooled.shape()).max_pool_grad(&indices, active.shape());
    let d = d.activation_grad(&normed, Activation::Gelu);
    let (d_scale, d_bias) = (d.dot_to(&convolved, scale.shape()), d.sum_to(bias.shape()));
    let d_kernel = x.conv_weight_grad(&d.mul(scale), &conv);
    assert_eq!(input, x.shape());
    [d_kernel, d_scale, d_bias, d_matrix]
}

#[test]
fn a_backward_pass_on_dual_numbers_is_a_hessian_vector_product() {
    let shapes = [Shape::new(3, 3, 3, 2), Shape::vector(3), Shape::vector(3), Shape::matrix(4, 12)];
    let x = random(Shape::new(5, 4, 4, 2), 1);
    let targets = random(Shape::matrix(5, 4), 2).scale(5.0).softmax();
    let numbered = |seed: u64| std::array::from_fn::<_, 4, _>(|i| random(shapes[i], seed + i as u64));
    let (values, directions): ([Cpu<f64>; 4], [Cpu<f64>; 4]) = (numbered(10), numbered(20));
    let duals = std::array::from_fn(|i| Dual::new(values[i].clone(), directions[i].clone()));
    let product = gradient(&Dual::constant(x.clone()), &Dual::constant(targets.clone()), &duals);
    // the Hessian is symmetric: <u, H v> = <v, H u>
    let others: [Cpu<f64>; 4] = numbered(30);
    let duals = std::array::from_fn(|i| Dual::new(values[i].clone(), others[i].clone()));
    let other_product = gradient(&Dual::constant(x.clone()), &Dual::constant(targets.clone()), &duals);
    let (mut one, mut other) = (0.0, 0.0);
    for i in 0..4 {
        one += super::numbers::inner(product[i].tangent().unwrap().as_slice(), others[i].as_slice());
        other += super::numbers::inner(other_product[i].tangent().unwrap().as_slice(), directions[i].as_slice());
        // steps small enough that no maximum changes hands; the fifth derivative is not known, the error falls as the
        // fourth power of the step and is far below the bound
        let expected = difference(1e-4, |t| {
            let moved = std::array::from_fn(|j| moved(&values[j], t, &directions[j]));
            gradient(&x, &targets, &moved)[i].clone()
        });
        assert_within("H v", product[i].tangent().unwrap().as_slice(), &expected, |_| 1e-9);
    }
    assert_within("symmetry", &[one], &[other], |_| 1e-12);
    assert!(one.abs() > 1e-3, "the comparison is not of zeros");
}

#[test]
fn arrays_made_by_code_do_not_move() {
    let made: Dual<Cpu<f64>> = Dual::full(Shape::vector(2), 3.0);
    assert!(made.tangent().is_none());
    let (value, tangent) = Dual::<Cpu<f64>>::from_vec(Shape::vector(2), vec![1.0, 2.0]).into_parts();
    assert_eq!((value.as_slice(), tangent.is_none()), ([1.0, 2.0].as_slice(), true));
}

#[test]
#[should_panic(expected = "cannot have a tangent of shape 1x1x1x2")]
fn a_tangent_of_another_shape_is_refused() {
    let _ = Dual::new(random(Shape::vector(3), 1), random(Shape::vector(2), 2));
}

#[test]
fn maxima_follow_their_choice() {
    // d/dt max(x + t) under a window is the direction's element where the maximum was
    let x = Cpu::new(Shape::new(1, 2, 2, 1), vec![1.0, 4.0, 3.0, 2.0]);
    let t = Cpu::new(Shape::new(1, 2, 2, 1), vec![10.0, 20.0, 30.0, 40.0]);
    let case = Operation::MaxPool(Window::square(2, 2, 0)).apply(&[Dual::new(x, t)]);
    assert_eq!((case.values()[0], case.tangent().unwrap().as_slice()), (4.0, [20.0].as_slice()));
}
