//! The same bytes on one thread and on several.

use consilience_tensor::{
    Activation, Convolution, Cpu, DirectionTerm, Directions, Matrix, MatrixMut, Primal, Real, Shape, Tensor, Window,
    gemm,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::geometries::{Geometry, LARGE};
use super::numbers::{bits, random, random_apart};
use super::operation::{Case, Operation, bilinear, others};

/// Layers of networks that are trained here, at their batch sizes.
fn layers() -> Vec<Geometry> {
    let linear = |n, inputs, outputs| Geometry {
        name: "linear",
        input: Shape::matrix(n, inputs),
        outputs,
        conv: Convolution::POINT,
    };
    let conv = |n, size, inputs, outputs, window, groups| Geometry {
        name: "convolution",
        input: Shape::new(n, size, size, inputs),
        outputs,
        conv: Convolution { window, groups },
    };
    vec![
        linear(100, 784, 256),
        linear(100, 784, 2048),
        linear(100, 2048, 10),
        conv(128, 28, 1, 20, Window::square(5, 1, 0), 1),
        // 128 x 64 positions, 500 x 50 weights
        conv(128, 12, 20, 50, Window::square(5, 1, 0), 1),
        conv(16, 16, 64, 64, Window::square(3, 1, 1), 1),
        conv(16, 16, 64, 128, Window::square(1, 2, 0), 1),
        conv(33, 9, 32, 32, Window::square(3, 1, 1), 4),
    ]
}

/// Pools of one, two and three threads.
fn pools() -> Vec<ThreadPool> {
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    [1, 2, 3].map(pool).into()
}

fn is_the_same_on(pools: &[ThreadPool], what: &str, f: impl Fn() -> Vec<u64> + Sync) {
    let alone = pools[0].install(&f);
    for pool in &pools[1..] {
        assert!(pool.install(&f) == alone, "{what} differs on {} threads", pool.current_num_threads());
    }
}

fn cases_are_the_same<R: Real>(pools: &[ThreadPool], cases: &[Case]) {
    for case in cases {
        let operands = case.cast::<R>(1);
        let what = format!("{:?} of {:?} in {}", case.operation, case.shapes, R::NAME);
        is_the_same_on(pools, &what, || bits(case.operation.apply(&operands).as_slice()));
    }
}

#[test]
fn layers_of_training() {
    let (pools, cases) = (pools(), layers().iter().flat_map(bilinear).collect::<Vec<_>>());
    cases_are_the_same::<f32>(&pools, &cases);
    cases_are_the_same::<f64>(&pools, &cases);
}

#[test]
fn every_operation() {
    let mut cases: Vec<_> = LARGE.iter().flat_map(bilinear).collect();
    // many examples, few examples with many positions, one example
    for shape in [Shape::new(129, 5, 5, 31), Shape::new(3, 65, 33, 17), Shape::new(1, 65, 33, 20)] {
        cases.extend(others(shape));
    }
    // more than 2^19 numbers: the shares of a sum over examples are no longer of the smallest size
    let long = others(Shape::new(5000, 3, 1, 43));
    cases.extend(long.into_iter().filter(|case| matches!(case.operation, Operation::SumTo(_) | Operation::DotTo(_))));
    let pools = pools();
    cases_are_the_same::<f32>(&pools, &cases);
    cases_are_the_same::<f64>(&pools, &cases);
}

fn directions_are_the_same<R: Real>() {
    let pools = pools();
    let window = Window::square(3, 1, 1);
    let plain = Convolution::POINT;
    for (input, outputs, conv) in [
        (Shape::matrix(100, 784), 256, plain),
        (Shape::new(20, 33, 1, 48), 40, plain),
        (Shape::new(32, 8, 8, 16), 24, Convolution { window, groups: 1 }),
        (Shape::new(32, 8, 8, 16), 24, Convolution { window, groups: 4 }),
        // more than one block of outputs
        (Shape::new(20, 4, 4, 64), 100, Convolution { window, groups: 1 }),
    ] {
        let output = Shape { c: outputs, ..input };
        let array = |shape, seed| random(shape, seed).cast::<R>();
        let n = input.n;
        let term = |(mix, seed)| DirectionTerm { signal: array(output, seed), mix };
        let mixed = vec![vec![term((None, 4)), term((Some(array(Shape::matrix(n, n), 3)), 5))]];
        let own = vec![vec![term((None, 4))], vec![term((None, 5))]];
        for terms in [mixed, own] {
            let directions = Directions { input: array(input, 1), terms };
            let (x, d) = (array(input, 6), array(output, 7));
            let what = format!("directions of {input} to {outputs} in {}", R::NAME);
            let all = |results: Vec<Cpu<R>>| results.iter().flat_map(|y| bits(y.as_slice())).collect::<Vec<_>>();
            is_the_same_on(&pools, &what, || all(x.conv_along(&directions, &conv)));
            is_the_same_on(&pools, &what, || all(d.conv_input_grad_along(&directions, &conv, input)));
        }
    }
    let shape = Shape::new(40, 9, 9, 33);
    let (x, d) = (random_apart(shape, 1).cast::<R>(), random(shape, 2).cast::<R>());
    let (y, indices) = x.max_pool(&Window::square(3, 2, 1));
    is_the_same_on(&pools, "gather", || bits(d.gather(&indices, y.shape()).as_slice()));
    is_the_same_on(&pools, "curvature", || bits(d.clone().activation_curvature(&x, Activation::Gelu).as_slice()));
    is_the_same_on(&pools, "choices", || {
        x.max_pool(&Window::square(3, 2, 1)).1.iter().map(|&index| u64::from(index)).collect()
    });
}

#[test]
fn directions() {
    directions_are_the_same::<f32>();
    directions_are_the_same::<f64>();
}

#[test]
fn matrix_products() {
    let pools = pools();
    for (m, n, k) in [(100, 256, 784), (784, 256, 100), (2048, 784, 100), (1000, 17, 700), (17, 1000, 700)] {
        let (a, b): (Cpu<f32>, Cpu<f32>) =
            (random(Shape::matrix(k, m), 1).cast(), random(Shape::matrix(k, n), 2).cast());
        is_the_same_on(&pools, &format!("{m}x{n}x{k}"), || {
            let mut dst = vec![0.0; m * n];
            let lhs = Matrix::new(a.as_slice(), k, m, m).t();
            gemm(MatrixMut::new(&mut dst, m, n, n), 0.0, lhs, Matrix::new(b.as_slice(), k, n, n), 1.0);
            bits(&dst)
        });
    }
}
