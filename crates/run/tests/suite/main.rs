//! Runs as commands carry them out.
//!
//! One program, so that generic code is compiled once.

mod real_data;
mod runs;
