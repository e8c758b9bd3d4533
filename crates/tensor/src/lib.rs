//! Arrays that networks are written over.
//!
//! One trait, [`Tensor`], and three kinds of numbers behind it:
//!
//! * [`Cpu<f32>`](Cpu) is production: GEMM from the `gemm` crate, threads from `rayon`, instructions chosen at run time.
//! * [`Cpu<f64>`](Cpu) is the same code in double precision.
//! * [`Dual`] is a value and a directional derivative of either. Running a forward and a backward pass on dual numbers
//!   *is* the Hessian-vector product, exact through every operation, with no second implementation of any layer.
//!
//! Every array has four axes, [`Shape`]: examples, height, width, channels. A flat vector per example is an image of one
//! pixel and a token sequence an image of width one, so a linear layer is a 1x1 convolution and three bilinear operations
//! ([`Tensor::conv`], [`Tensor::conv_input_grad`], [`Tensor::conv_weight_grad`]) carry every layer that has a weight matrix.
//!
//! Sums are taken in an order that depends on shapes only, never on the number of threads: the same inputs give the same
//! bytes on one thread and on many.

#![deny(unnameable_types)]

mod activation;
mod cpu;
mod direction;
mod dual;
mod geometry;
mod lanes;
mod real;
mod shape;
mod tensor;

pub use activation::Activation;
pub use cpu::{
    Buffer, Cpu, Matrix, MatrixMut, Shelf, Shelved, gemm, gemm_into, keep_awake, simd, simd_popcount, sq_norm,
    sum_of_squares, unfold,
};
pub use direction::{DirectionTerm, Directions, Primal};
pub use dual::{Dual, Tangent};
pub use geometry::{Convolution, Window};
pub use lanes::Lanes;
pub use real::Real;
pub use shape::Shape;
pub use tensor::{Indices, Tensor};
