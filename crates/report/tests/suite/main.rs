//! Run directories as a person sees them.
//!
//! One program, so that generic code is compiled once.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod browser;
mod compare;
mod live;
mod pages;
mod runs;
mod written;
