//! Arrays without elements: sizes that are zero are sizes too.

use consilience_tensor::{Cpu, Shape, Tensor};

use super::geometries::{Geometry, SMALL};
use super::operation::{bilinear, others};

#[test]
fn no_examples_give_empty_results_and_zero_sums() {
    let empty = |geometry: &Geometry| Geometry { input: geometry.input.with_n(0), ..*geometry };
    let cases = SMALL.iter().map(empty).flat_map(|geometry| bilinear(&geometry));
    for case in cases.chain(others(Shape::new(0, 5, 4, 3))) {
        let result: Cpu<f32> = case.operation.apply(&case.cast(1));
        assert!(result.as_slice().iter().all(|&y| y == 0.0), "{:?} of {:?}", case.operation, case.shapes);
    }
}

#[test]
fn no_channels_give_empty_results() {
    let x = Cpu::<f64>::zeros(Shape::new(2, 3, 4, 0));
    let sum = x.clone().add(&x).softmax().sum_to(Shape::new(2, 1, 1, 0));
    assert!(sum.as_slice().is_empty());
}
