//! Pages as a browser shows them, and as a person reads them.
//!
//! One program, so that generic code is compiled once.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod browser;
mod pages;
mod runs;
mod written;
