//! Reductions over the gradients of single examples, in one streaming backward pass, without ever holding `N x P` numbers.

#![deny(unnameable_types)]

pub mod kernel;
mod pass;
pub mod probe;
pub mod quantities;
mod reduced;
mod reducer;
mod reductions;
mod registry;
mod request;
mod schedule;
pub mod second_order;
pub mod signal;
mod source;
mod statistic;

pub use kernel::{
    Kernel, LogDeterminant, Outputs, empirical_ntk, empirical_ntk_between, kernel_trace, kernel_trace_estimate,
};
pub use pass::{GradientError, reduce};
pub use probe::{Probe, ProbeBatch, ProbeSettings, measure_probe};
pub use reduced::{GroupSums, Moments, ParameterReduced, Reduced, Signs};
pub use registry::Quantity;
pub use request::{Dots, Groups, Request};
pub use schedule::Schedule;
pub use statistic::Statistic;
