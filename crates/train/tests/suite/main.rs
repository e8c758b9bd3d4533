//! Whole runs, and every part of training against its definition.
//!
//! One program, so that generic code is compiled once.

mod cross_fit;
mod definitions;
mod examples;
mod methods;
mod penalties;
mod quantities;
mod resume;
mod settings;
mod training;
