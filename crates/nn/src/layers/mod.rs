//! The layers, one per file, each written once for every kind of number.

mod activate;
mod avg_pool2d;
mod batch_norm2d;
mod conv2d;
mod dropout;
mod flatten;
mod global_avg_pool;
mod group_norm;
mod layer_norm;
mod linear;
mod max_pool2d;

pub use activate::{Activate, activation_name};
pub use avg_pool2d::AvgPool2d;
pub use batch_norm2d::BatchNorm2d;
pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use global_avg_pool::GlobalAvgPool;
pub use group_norm::GroupNorm;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use max_pool2d::MaxPool2d;

use consilience_tensor::{Shape, Window};

use crate::{ParameterSpec, Role, ShapeError};

/// Added to a variance inside the square root by every normalisation, as in PyTorch.
pub const NORM_EPSILON: f64 = 1e-5;

/// The most numbers that a weight, or one example's activations, may have.
pub const MAX_NUMBERS: usize = 1 << 31;

/// The largest kernel, stride or padding.
const MAX_EXTENT: usize = 1 << 16;

fn wrong(expected: impl Into<String>, got: Shape) -> ShapeError {
    ShapeError { expected: expected.into(), got }
}

/// Scale and shift of a normalisation.
fn norm_parameters(channels: usize) -> Vec<ParameterSpec> {
    let spec = |name, role| ParameterSpec { name, shape: Shape::vector(channels), role, fan_in: 1, fan_out: 1 };
    vec![spec("weight", Role::Scale), spec("bias", Role::Shift)]
}

/// Checks that sizes given by a user multiply to a number that can be allocated, without overflowing.
fn check_size(what: &str, sizes: &[usize], got: Shape) -> Result<(), ShapeError> {
    let product = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    match product {
        Some(0) => Err(wrong(format!("{what} of at least one number"), got)),
        Some(product) if product <= MAX_NUMBERS => Ok(()),
        _ => Err(wrong(format!("{what} of at most {MAX_NUMBERS} numbers"), got)),
    }
}

/// The output height and width of a window over `input`.
fn slide(window: &Window, input: Shape) -> Result<(usize, usize), ShapeError> {
    let Window { kernel, stride, padding } = *window;
    if [kernel.0, kernel.1, stride.0, stride.1].iter().any(|&size| size == 0 || size > MAX_EXTENT)
        || padding.0.max(padding.1) > MAX_EXTENT
    {
        return Err(wrong(
            format!("a kernel and stride of 1 to {MAX_EXTENT} and a padding of at most {MAX_EXTENT}"),
            input,
        ));
    }
    window.output(input.h, input.w).ok_or_else(|| {
        let height = kernel.0.saturating_sub(2 * padding.0);
        let width = kernel.1.saturating_sub(2 * padding.1);
        wrong(format!("at least {height}x{width} pixels for the kernel of {}x{}", kernel.0, kernel.1), input)
    })
}

/// As [`slide`], for pooling: a window must never lie in the padding alone.
fn slide_pool(window: &Window, input: Shape) -> Result<Shape, ShapeError> {
    let (h, w) = slide(window, input)?;
    if 2 * window.padding.0 > window.kernel.0 || 2 * window.padding.1 > window.kernel.1 {
        return Err(wrong("a padding of at most half the kernel", input));
    }
    Ok(Shape::new(input.n, h, w, input.c))
}
