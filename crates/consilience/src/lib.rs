//! Gradients of single training examples, reduced while they stream through one backward pass.
//!
//! When the gradients of a network's training examples agree, the step they take together helps examples it was not made
//! from; when they do not, the network memorises. This library measures the agreement (m-coherence, GSNR, sign agreement, the
//! noise scale, the kernel of the outputs), changes it (winsorized gradients), and differentiates it (gradients of `tr K`, of
//! `log det (K + eps I)` and of squared gradient norms, exactly), without ever holding the `N x P` numbers of all gradients.
//!
//! A batch, a network, one backward pass, two quantities and the kernel:
//!
//! ```
//! use consilience::prelude::*;
//! use std::sync::Arc;
//!
//! // 100 digits drawn by the built-in generator, 40 of them with a wrong label, and a network that has learnt nothing yet
//! let label_noise = Some(LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.4 });
//! let spec = DataSpec { train: Some(100), test: Some(1), label_noise, ..DataSpec::new(Source::Strokes) };
//! let data = load(&spec, None, 0)?.train;
//! let inputs = Cpu::new(Shape::new(100, 28, 28, 1), data.inputs().to_vec());
//! let targets = Targets::Classes(data.labels().unwrap_or_default().to_vec());
//!
//! let network = ModelSpec::Mlp(Mlp { widths: vec![64], ..Mlp::default() }).build(inputs.shape(), 10)?;
//! let model = Model::<f32>::init(network, Initialisation::HeNormal, 0);
//!
//! // one backward pass serves everything that is asked for
//! let mut request = Request::default();
//! for quantity in [Quantity::MCoherence, Quantity::Gsnr] {
//!     quantity.description().needs.add_to(&mut request, 1);
//! }
//! let tape = model.forward(inputs, Mode::EVALUATION)?;
//! let signal = Loss::SoftmaxCrossEntropy.signal(&tape.output, &targets)?;
//! let reduced = reduce(&tape, signal, &request)?;
//! let evidence = Evidence::new(&model.network, &reduced);
//! let value = |quantity: Quantity| quantity.read(&evidence)[0].1.unwrap_or(f64::NAN);
//! assert_eq!(format!("{:.2}", value(Quantity::MCoherence)), "1.39"); // unrelated gradients give 1, equal ones 100
//! assert_eq!(format!("{:.3}", value(Quantity::Gsnr)), "0.013"); // mean over parameters; pure noise gives 1 / 100
//!
//! // the kernel of the outputs, K[n, m] = sum_c <grad f_c(x_n), grad f_c(x_m)>
//! let kernel = empirical_ntk(&tape, Outputs::Traced)?;
//! assert_eq!(format!("{:.0}", kernel.trace() / 100.0), "610");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Numbers to check by hand
//!
//! A linear layer of zeros gives both classes probability 1/2, so each example's loss gradient is `(-1/2, 1/2)` times its
//! input:
//!
//! ```
//! use consilience::prelude::*;
//!
//! let network = Network::new(Shape::vector(2), &[Block::layer(Linear::new(2, 2).without_bias())])?;
//! let weights = [Cpu::<f64>::zeros(Shape::matrix(2, 2))];
//! let inputs = Cpu::new(Shape::matrix(2, 2), vec![1.0, 2.0, 3.0, 0.0]);
//! let tape = network.forward(&weights, &[], inputs, Mode::EVALUATION)?;
//!
//! // G_1 = [-0.5 -1; 0.5 1], G_2 = [-1.5 0; 1.5 0]
//! let signal = Loss::SoftmaxCrossEntropy.signal(&tape.output, &Targets::Classes(vec![0, 0]))?;
//! let request = Request { sum: true, sq_norms: true, moments: true, ..Request::default() };
//! let reduced = reduce(&tape, signal, &request)?;
//! assert_eq!(reduced.sq_norms(), Some(vec![2.5, 4.5]));
//!
//! // |G_1 + G_2|^2 / (|G_1|^2 + |G_2|^2), and squared mean over variance: 2 where x_1 enters, 0.5 where x_2 does
//! let evidence = Evidence::new(&network, &reduced);
//! assert_eq!(Quantity::MCoherence.read(&evidence)[0].1, Some(10.0 / 7.0));
//! assert_eq!(Quantity::Gsnr.read(&evidence)[0].1, Some(1.25));
//!
//! // each of the two outputs has the input for its gradient: K[n, m] = 2 <x_n, x_m>
//! let kernel = empirical_ntk(&tape, Outputs::Traced)?;
//! assert_eq!(kernel.values(), [10.0, 6.0, 6.0, 18.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where things are
//!
//! | module | what |
//! |---|---|
//! | [`tensor`] | arrays of four axes, in `f32`, `f64` and dual numbers of either |
//! | [`nn`] | layers, losses, initialisations, networks; [`Factor`](nn::Factor), the form all per-example gradients have |
//! | [`gradients`] | reductions, quantities, kernels, exact second derivatives |
//! | [`data`] | data sets, seeded order, label noise |
//! | [`train`] | aggregators, optimizers, evaluation, the loop |
//! | [`run`] | configuration files, runs written down, saved models |
//! | [`record`] | the files of run directories |
//!
//! A per-example gradient is the gradient of that example's own loss, never divided by the size of the batch.
//! [`second_order`](gradients::second_order) starts from a [`Point`](gradients::second_order::Point) rather than a tape,
//! because it runs passes of its own on dual numbers.

pub use consilience_data as data;
pub use consilience_gradients as gradients;
pub use consilience_nn as nn;
pub use consilience_record as record;
pub use consilience_run as run;
pub use consilience_tensor as tensor;
pub use consilience_train as train;

pub mod prelude;

/// The README's example, compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The book's pages that hold Rust, likewise.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../../docs/library.md")]
    struct Library;

    #[doc = include_str!("../../../docs/your-own.md")]
    struct YourOwn;
}
