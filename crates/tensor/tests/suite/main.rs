//! Every operation against a naive loop, in single against double precision, on dual numbers against differences, and on
//! one thread against several.

mod activation;
mod bilinear;
mod dual;
mod edges;
mod elementwise;
mod geometries;
mod matrix;
mod numbers;
mod operation;
mod per_example;
mod pooling;
mod precision;
mod reduction;
mod reference;
mod threads;
