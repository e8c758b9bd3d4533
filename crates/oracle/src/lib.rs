//! What the fast paths are compared with: double precision, one backward pass per example, no cleverness.
//!
//! [`Subject`] runs a network on one example at a time and writes out each example's whole gradient by looping over
//! positions and patches ([`gradient_of_factor`]). Everything else follows from these rows of numbers by the
//! definitions: [`statistics`] over examples, [`kernel`]s of outputs, and gradients of either by finite differences
//! ([`differences`]). Beyond the layers, nothing is shared with the code under test.

pub mod cases;
mod compare;
pub mod differences;
mod factor;
pub mod kernel;
pub mod quantities;
mod rounding;
pub mod statistics;
mod subject;

pub use compare::{largest, relative_error};
pub use factor::gradient_of_factor;
pub use rounding::{SINGLE, longest_path};
pub use subject::{OracleError, Rows, Subject};
