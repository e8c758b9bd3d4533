//! Arrays in the memory of this machine.

mod along;
mod array;
mod buffer;
mod conv;
mod elementwise;
mod gemm;
mod pool;
mod reduce;
mod simd;
mod unfold;

pub use array::Cpu;
pub use buffer::{Buffer, Shelf, Shelved};
pub use gemm::{Matrix, MatrixMut, gemm, gemm_into};
pub use simd::simd;
pub use unfold::unfold;
