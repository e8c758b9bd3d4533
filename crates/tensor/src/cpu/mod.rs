//! Arrays in the memory of this machine.

mod along;
mod array;
mod awake;
mod buffer;
mod conv;
mod elementwise;
mod gemm;
mod pool;
mod reduce;
mod simd;
mod sum_of_squares;
mod unfold;

pub use array::Cpu;
pub use awake::keep_awake;
pub use buffer::{Buffer, Shelf, Shelved};
pub use gemm::{Matrix, MatrixMut, gemm, gemm_into};
pub use simd::{simd, simd_popcount};
pub use sum_of_squares::{sq_norm, sum_of_squares};
pub use unfold::unfold;
