//! Single precision against double precision on the same numbers, within what rounding allows.

use consilience_tensor::{Cpu, Shape, Tensor};

use super::geometries::{LARGE, SMALL};
use super::numbers::{absolute, assert_within};
use super::operation::{Case, Operation, bilinear, others};

fn is_as_accurate_as_rounding_allows(case: &Case) {
    let single: Vec<Cpu<f32>> = case.cast(1);
    let double: Vec<Cpu<f64>> = single.iter().map(Cpu::cast).collect();
    let epsilon = f64::from(f32::EPSILON);
    let actual: Cpu<f64> = case.operation.apply(&single).cast();
    let expected = case.operation.apply(&double);
    let what = format!("{:?} of {:?}", case.operation, case.shapes);
    assert_eq!(actual.shape(), expected.shape(), "{what}");
    let expected_values = expected.as_slice();
    let within = |bound: &dyn Fn(usize) -> f64| assert_within(&what, actual.as_slice(), expected_values, bound);
    match case.operation {
        // a rounding for the sum, the root and the inverse
        Operation::Rsqrt(_) => within(&|i| 3.0 * epsilon * expected_values[i]),
        // differences to the largest logit (at most 2) are rounded before the exponential, then a sum over channels
        Operation::Softmax => within(&|i| (case.terms() as f64 + 8.0) * epsilon * expected_values[i]),
        // about a dozen roundings of numbers below 2
        Operation::Activate(_) | Operation::ActivationGrad(_) => within(&|_| 24.0 * epsilon),
        // a choice among numbers rounds nothing
        Operation::MaxPool(_) => within(&|_| 0.0),
        // sums of products: the sum of their sizes is the operation on operands that do not cancel
        operation => {
            let mut sizes: Vec<Cpu<f64>> = double.iter().map(absolute).collect();
            if matches!(operation, Operation::Sub | Operation::SquareDeviationsTo(_)) {
                sizes[1] = sizes[1].clone().scale(-1.0);
            }
            let magnitudes = absolute(&operation.apply(&sizes));
            within(&|i| (case.terms() as f64 + 3.0) * epsilon * magnitudes.as_slice()[i]);
        }
    }
}

#[test]
fn bilinear_operations() {
    SMALL.iter().chain(LARGE).flat_map(bilinear).for_each(|case| is_as_accurate_as_rounding_allows(&case));
}

#[test]
fn all_other_operations() {
    for shape in [Shape::new(2, 5, 4, 3), Shape::new(7, 3, 3, 17), Shape::new(21, 8, 8, 50)] {
        others(shape).iter().for_each(is_as_accurate_as_rounding_allows);
    }
}
