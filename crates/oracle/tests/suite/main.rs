//! The engine against the oracle, against golden numbers, and against identities.
//!
//! One program, so that generic code is compiled once.

mod golden;
mod properties;
mod quantities;
mod reductions;
mod second_order;
