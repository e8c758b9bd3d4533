//! One factor in, all reductions of one parameter out.

use consilience_nn::{Factor, Network};
use consilience_tensor::{Cpu, Real, Tensor};

use crate::reductions::{dots, gram, groups, median, moments, signs, sq_norms, winsorized};
use crate::source::Source;
use crate::{Dots, GradientError, ParameterReduced, Reduced, Request};

/// Computes what a request asks for, parameter by parameter, as factors stream by.
pub(crate) struct Reducer<'a, R> {
    request: &'a Request<R>,
    examples: usize,
    parameters: Vec<ParameterReduced<R>>,
}

impl<'a, R: Real> Reducer<'a, R> {
    /// # Errors
    /// When the request does not fit the batch or the network.
    pub fn new(request: &'a Request<R>, network: &Network, examples: usize) -> Result<Self, GradientError> {
        if let Some(&count) = request.winsorized.iter().find(|&&count| count >= examples.div_ceil(2)) {
            return Err(GradientError::Winsorized { count, examples });
        }
        if let Some(Dots::With(vectors)) = &request.dots {
            check_vectors(network, vectors)?;
        }
        if request.groups.is_some_and(|groups| groups.size == 0) {
            return Err(GradientError::Mismatch {
                what: "examples per group",
                expected: "at least 1".into(),
                got: "0".into(),
            });
        }
        let parameters = network.parameters().iter().map(|_| ParameterReduced::default()).collect();
        Ok(Self { request, examples, parameters })
    }

    pub fn visit(&mut self, index: usize, factor: &Factor<Cpu<R>>) {
        let request = self.request;
        if request.is_sum_alone() {
            self.parameters[index].sum = Some(factor.sum());
            return;
        }
        let mut result = ParameterReduced::default();
        let source = Source::new(factor);
        let plan = Plan::new(request, &source, factor);
        match (&source, plan.tiles) {
            (Source::RankOne { .. }, _) => rank_one(&source, factor, &plan, request, &mut result),
            (_, true) => streamed(&source, self.examples, factor, &plan, index, request, &mut result),
            (_, false) => {
                result.sum = plan.sum.then(|| factor.sum());
                result.sq_norms = request.sq_norms.then(|| sq_norms::gram_of_positions(factor));
            }
        }
        if request.dots.is_some() && result.dots.is_none() {
            let vector = match &request.dots {
                Some(Dots::With(vectors)) => Some(&vectors[index]),
                _ => result.sum.as_ref(),
            };
            result.dots = vector.map(|vector| dots::with_vector(factor, &source, vector));
        }
        if request.gram || request.groups.is_some_and(|asked| groups::prefers_gram(&source, self.examples, asked)) {
            result.gram = Some(gram::reduce(&source, self.examples, factor.parameter_shape().len()));
        }
        result.groups = request.groups.map(|asked| match &result.gram {
            Some(products) if !asked.keep_sums => groups::from_gram(products, self.examples, asked),
            _ => groups::reduce(factor, asked, result.sum.as_ref()),
        });
        if !request.gram {
            result.gram = None;
        }
        if !request.winsorized.is_empty() {
            result.winsorized =
                winsorized::reduce(&source, self.examples, factor.parameter_shape(), &request.winsorized);
        }
        if request.median {
            result.median = Some(median::reduce(&source, self.examples, factor.parameter_shape()));
        }
        if !request.sum {
            result.sum = None;
        }
        self.parameters[index] = result;
    }

    pub fn finish(self) -> Reduced<R> {
        Reduced { examples: self.examples, parameters: self.parameters }
    }
}

/// How the streaming reductions of one parameter are best computed.
struct Plan {
    /// Whether the sum is needed, for itself or for the dots with it.
    sum: bool,
    /// Whether whole gradients are formed a tile at a time.
    tiles: bool,
}

impl Plan {
    fn new<R: Real>(request: &Request<R>, source: &Source<'_, R>, factor: &Factor<Cpu<R>>) -> Self {
        let sum = request.sum || matches!(request.dots, Some(Dots::Sum));
        let tiles = match source {
            Source::RankOne { .. } => false,
            Source::Vectors(_) => true,
            Source::Positions { .. } => {
                request.moments || request.signs || (request.sq_norms && !sq_norms::prefers_positions(factor))
            }
        };
        Self { sum, tiles }
    }
}

fn rank_one<R: Real>(
    source: &Source<'_, R>,
    factor: &Factor<Cpu<R>>,
    plan: &Plan,
    request: &Request<R>,
    result: &mut ParameterReduced<R>,
) {
    let Source::RankOne { input, inputs, signal, outputs } = *source else { return };
    if plan.sum || request.moments {
        result.sum = Some(factor.sum());
    }
    if request.sq_norms {
        result.sq_norms = Some(sq_norms::rank_one(input, inputs, signal, outputs));
    }
    if let (true, Some(sum)) = (request.moments, &result.sum) {
        result.moments = Some(moments::rank_one(input, inputs, signal, outputs, sum));
    }
    if request.signs {
        result.signs = Some(signs::rank_one(input, inputs, signal, outputs));
    }
}

/// What one chunk of examples accumulates while its tiles are close.
struct Chunk<R> {
    sum: Option<Vec<R>>,
    moments: Option<moments::Accumulator<R>>,
    signs: Option<crate::Signs>,
    sq_norms: Vec<f64>,
    dots: Vec<f64>,
}

fn streamed<R: Real>(
    source: &Source<'_, R>,
    examples: usize,
    factor: &Factor<Cpu<R>>,
    plan: &Plan,
    index: usize,
    request: &Request<R>,
    result: &mut ParameterReduced<R>,
) {
    let shape = factor.parameter_shape();
    let size = shape.len();
    let vector = match &request.dots {
        Some(Dots::With(vectors)) => Some(vectors[index].as_slice()),
        _ => None,
    };
    // A sum that was asked for is taken as it is without other reductions, so that watching a run does not change its bits.
    let tile_sum = plan.sum && !request.sum;
    let chunks = source.fold_examples(
        examples,
        size,
        || Chunk {
            sum: tile_sum.then(|| vec![R::zero(); size]),
            moments: request.moments.then(|| moments::Accumulator::new(shape)),
            signs: request.signs.then(|| signs::none(size)),
            sq_norms: Vec::new(),
            dots: Vec::new(),
        },
        |chunk, _, tile| {
            for gradient in tile.chunks_exact(size) {
                if let Some(sum) = &mut chunk.sum {
                    moments::add(sum, gradient);
                }
                if let Some(moments) = &mut chunk.moments {
                    moments.add(gradient);
                }
                if let Some(signs) = &mut chunk.signs {
                    signs::count(signs, gradient);
                }
                if request.sq_norms {
                    chunk.sq_norms.push(dots::dot(gradient, gradient));
                }
                if let Some(vector) = vector {
                    chunk.dots.push(dots::dot(gradient, vector));
                }
            }
        },
    );
    let mut sums = Vec::new();
    let mut moments = None;
    let mut all_signs: Option<crate::Signs> = None;
    let (mut norms, mut products) = (Vec::new(), Vec::new());
    for chunk in chunks {
        sums.extend(chunk.sum);
        if let Some(chunk) = chunk.moments {
            let chunk = chunk.finish();
            moments = Some(match moments {
                None => chunk,
                Some(so_far) => crate::Moments::merge(so_far, &chunk),
            });
        }
        if let Some(chunk) = chunk.signs {
            all_signs = Some(match all_signs {
                None => chunk,
                Some(so_far) => so_far.merge(&chunk),
            });
        }
        norms.extend(chunk.sq_norms);
        products.extend(chunk.dots);
    }
    if request.sum {
        result.sum = Some(factor.sum());
    } else if tile_sum {
        let mut sums = sums.into_iter();
        let mut sum = sums.next().unwrap_or_else(|| vec![R::zero(); size]);
        sums.for_each(|other| moments::add(&mut sum, &other));
        result.sum = Some(Cpu::new(shape, sum));
    }
    result.moments = moments;
    result.signs = all_signs;
    result.sq_norms = request.sq_norms.then_some(norms);
    result.dots = vector.is_some().then_some(products);
}

fn check_vectors<R: Real>(network: &Network, vectors: &[Cpu<R>]) -> Result<(), GradientError> {
    let what = "vector of dot products";
    if vectors.len() != network.parameters().len() {
        let (expected, got) = (network.parameters().len(), vectors.len());
        return Err(GradientError::Mismatch { what, expected: format!("{expected} arrays"), got: got.to_string() });
    }
    for (vector, parameter) in vectors.iter().zip(network.parameters()) {
        if vector.shape() != parameter.spec.shape {
            let expected = format!("{} of shape {}", parameter.name, parameter.spec.shape);
            return Err(GradientError::Mismatch { what, expected, got: vector.shape().to_string() });
        }
    }
    Ok(())
}
