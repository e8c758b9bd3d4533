//! Pooling against naive loops; ties, padding and numbers that are not finite.

use consilience_tensor::{Cpu, Shape, Tensor, Window};

use super::numbers::{assert_within, inner, map, random, random_apart};
use super::reference::windows;

const fn window(kernel: (usize, usize), stride: (usize, usize), padding: (usize, usize)) -> Window {
    Window { kernel, stride, padding }
}

const POOLS: &[(Shape, Window)] = &[
    (Shape::new(1, 4, 4, 1), Window::square(2, 2, 0)),
    (Shape::new(7, 4, 6, 3), Window::square(2, 2, 0)),
    // a last row and column that no window reaches
    (Shape::new(2, 5, 7, 5), Window::square(2, 2, 0)),
    // windows that overlap, with padding, as at the entrance of a residual network
    (Shape::new(2, 7, 8, 17), Window::square(3, 2, 1)),
    (Shape::new(2, 5, 5, 2), Window::square(3, 1, 1)),
    (Shape::new(2, 5, 5, 2), Window::square(4, 3, 2)),
    // gaps between windows
    (Shape::new(2, 8, 8, 2), Window::square(2, 3, 0)),
    (Shape::new(2, 6, 9, 4), window((2, 3), (1, 2), (1, 0))),
    (Shape::new(2, 6, 1, 4), window((3, 1), (3, 1), (0, 0))),
    // the whole image, and one pixel
    (Shape::new(2, 4, 3, 4), window((4, 3), (1, 1), (0, 0))),
    (Shape::new(2, 3, 3, 2), Window::POINT),
];

#[test]
fn maxima_and_their_adjoints_agree_with_loops() {
    for &(shape, ref window) in POOLS {
        let x = random_apart(shape, 1);
        let (output, under) = windows(shape, window);
        let (y, indices) = x.max_pool(window);
        assert_eq!(y.shape(), output, "{shape}, {window:?}");
        let d = random(output, 2);
        let mut dx = vec![0.0; shape.len()];
        for (o, pixels) in under.iter().enumerate() {
            let example = o / output.per_example();
            let best =
                pixels.iter().flatten().max_by(|&&a, &&b| x.example(example)[a].total_cmp(&x.example(example)[b]));
            let best = *best.unwrap();
            assert_eq!(indices[o] as usize, best, "{shape}, {window:?}, output {o}");
            assert_eq!(y.as_slice()[o], x.example(example)[best]);
            dx[example * shape.per_example() + best] += d.as_slice()[o];
        }
        // an input may collect from as many outputs as windows overlap, in another order
        let bound = window.area() as f64 * f64::EPSILON * window.area() as f64;
        assert_within("gradient of a maximum", d.max_pool_grad(&indices, shape).as_slice(), &dx, |_| bound);
    }
}

#[test]
fn means_and_their_adjoints_agree_with_loops() {
    for &(shape, ref window) in POOLS {
        let x = random(shape, 1);
        let (output, under) = windows(shape, window);
        let y = x.avg_pool(window);
        assert_eq!(y.shape(), output, "{shape}, {window:?}");
        let d = random(output, 2);
        let (mut means, mut dx) = (vec![0.0; output.len()], vec![0.0; shape.len()]);
        for (o, pixels) in under.iter().enumerate() {
            for place in pixels.iter().flatten().map(|p| o / output.per_example() * shape.per_example() + p) {
                // padding counts as zeros: the divisor is the whole window
                means[o] += x.as_slice()[place] / window.area() as f64;
                dx[place] += d.as_slice()[o] / window.area() as f64;
            }
        }
        // sums of at most `area` numbers below one, each with two roundings
        let bound = (window.area() + 2) as f64 * f64::EPSILON;
        assert_within("mean", y.as_slice(), &means, |_| bound);
        let gradient = d.avg_pool_grad(window, shape);
        assert_within("gradient of a mean", gradient.as_slice(), &dx, |_| bound);
        let (along_output, along_input) = (inner(y.as_slice(), d.as_slice()), inner(gradient.as_slice(), x.as_slice()));
        assert_within("adjoint", &[along_input], &[along_output], |_| bound * shape.len() as f64);
    }
}

#[test]
fn the_first_of_equal_elements_wins() {
    let x = Cpu::<f64>::full(Shape::new(2, 4, 4, 2), 1.5);
    let (y, indices) = x.max_pool(&Window::square(2, 2, 0));
    assert!(y.as_slice().iter().all(|&y| y == 1.5));
    // top left pixels of the four windows (0, 2, 8, 10), two channels each, in both examples
    assert_eq!(indices[..8], [0, 1, 4, 5, 16, 17, 20, 21]);
    assert_eq!(indices[8..], indices[..8]);
    // with padding, the first that is a pixel
    let (_, indices) = x.max_pool(&Window::square(3, 2, 1));
    assert_eq!(indices[..4], [0, 1, 2, 3]);
    // every element of a gradient lands once
    let d = Cpu::<f64>::full(Shape::new(2, 2, 2, 2), 1.0);
    assert_eq!(d.max_pool_grad(&indices, x.shape()).sum_to(Shape::SCALAR).as_slice(), [16.0]);
}

#[test]
fn a_nan_wins_and_stays() {
    // wherever it stands in the window
    for place in 0..4 {
        let mut x = Cpu::new(Shape::new(1, 2, 2, 1), vec![1.0, f64::INFINITY, -3.0, 2.0]);
        x.as_mut_slice()[place] = f64::NAN;
        let (y, indices) = x.max_pool(&Window::square(2, 2, 0));
        assert!(y.as_slice()[0].is_nan(), "lost at {place}");
        assert_eq!(indices[..], [place as u32]);
        assert!(x.avg_pool(&Window::square(2, 2, 0)).as_slice()[0].is_nan());
    }
}

#[test]
#[should_panic(expected = "nothing but padding")]
fn windows_without_a_pixel_are_refused() {
    let _ = random(Shape::new(1, 2, 2, 1), 1).max_pool(&Window::square(1, 1, 1));
}

#[test]
#[should_panic(expected = "does not take 1x4x4x1 to 1x3x3x1")]
fn a_gradient_of_the_wrong_size_is_refused() {
    let _ = random(Shape::new(1, 3, 3, 1), 1).avg_pool_grad(&Window::square(2, 2, 0), Shape::new(1, 4, 4, 1));
}

#[test]
fn padding_never_wins_a_maximum() {
    // all below zero, which padding with zeros would beat
    let x = map(&random(Shape::new(1, 4, 4, 3), 1), |x| x - 2.0);
    assert!(x.max_pool(&Window::square(3, 2, 1)).0.as_slice().iter().all(|&y| y < 0.0));
    let lowest = Cpu::<f64>::full(Shape::new(1, 4, 4, 1), f64::NEG_INFINITY);
    let (y, indices) = lowest.max_pool(&Window::square(3, 2, 1));
    assert!(y.as_slice().iter().all(|&y| y == f64::NEG_INFINITY));
    assert_eq!(indices[..], [0, 1, 4, 5]);
}
