use consilience_data::Dataset;
use consilience_gradients::second_order::{Point, TotalLoss, output_derivative, output_derivative_along_own};
use consilience_gradients::{Dots, Reduced, Request, reduce};
use consilience_nn::losses::Loss;
use consilience_nn::{Mode, Model, Precision};
use consilience_tensor::{Cpu, Real, Tensor};

use crate::{TrainError, batch};

/// Passes over training examples at the model's present parameters, in evaluation mode, a few examples at a time.
///
/// Memory: what a forward pass over `examples_per_pass` examples keeps, and one gradient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep<'a, R: Real> {
    pub model: &'a Model<R>,
    pub data: &'a Dataset,
    pub loss: Loss,
    pub examples_per_pass: usize,
}

impl<R: Precision> Sweep<'_, R> {
    /// `sum_n g_n` over `examples`, one array per parameter.
    pub fn sum(&self, examples: &[usize]) -> Result<Vec<Cpu<R>>, TrainError> {
        let request = Request { sum: true, ..Request::default() };
        let mut sum: Option<Vec<Cpu<R>>> = None;
        self.reduce(examples, &request, |reduced| {
            let part = reduced.into_sum().unwrap_or_default();
            sum = Some(match sum.take() {
                None => part,
                Some(before) => before.into_iter().zip(&part).map(|(before, part)| before.add(part)).collect(),
            });
        })?;
        Ok(sum.unwrap_or_default())
    }

    /// `|g_n|^2` of `examples`, in their order.
    pub fn sq_norms(&self, examples: &[usize]) -> Result<Vec<f64>, TrainError> {
        let request = Request { sq_norms: true, ..Request::default() };
        let mut sq_norms = Vec::with_capacity(examples.len());
        self.reduce(examples, &request, |reduced| sq_norms.extend(reduced.sq_norms().into_iter().flatten()))?;
        Ok(sq_norms)
    }

    /// `<g_n, vector>` of `examples`, in their order; `|g_n|^2` beside them where `sq_norms`, and nothing otherwise.
    pub fn products(
        &self,
        examples: &[usize],
        vector: Vec<Cpu<R>>,
        sq_norms: bool,
    ) -> Result<(Vec<f64>, Vec<f64>), TrainError> {
        let request = Request { dots: Some(Dots::With(vector)), sq_norms, ..Request::default() };
        let mut products = Vec::with_capacity(examples.len());
        let mut norms = Vec::with_capacity(if sq_norms { examples.len() } else { 0 });
        self.reduce(examples, &request, |reduced| {
            products.extend(reduced.dots().into_iter().flatten());
            norms.extend(reduced.sq_norms().into_iter().flatten());
        })?;
        Ok((products, norms))
    }

    /// `-1/(N-1) J_n (sum - g_n)` of `examples`, `[N, C]` row-major, where `sum` is that of their gradients: what a unit step down
    /// the mean gradient of the others does to the outputs of each. Zeros for a single example.
    pub fn pulls(&self, examples: &[usize], sum: &[Cpu<R>]) -> Result<Vec<f64>, TrainError> {
        let model = self.model;
        let point = Point::new(model, Mode::EVALUATION);
        let others = examples.len().saturating_sub(1).max(1) as f64;
        let mut pulls = Vec::with_capacity(examples.len() * model.network.outputs());
        for indices in examples.chunks(self.examples_per_pass.max(1)) {
            let targets = batch::targets(self.data, indices)?;
            let inputs = batch::inputs(self.data, indices)?;
            let objective = TotalLoss { loss: self.loss, targets: &targets };
            let along_all = output_derivative(&point, &inputs, sum)?;
            let along_own = output_derivative_along_own(&point, &inputs, &objective)?;
            let pairs = along_all.as_slice().iter().zip(along_own.as_slice());
            pulls.extend(pairs.map(|(all, own)| (own.f64() - all.f64()) / others));
        }
        Ok(pulls)
    }

    fn reduce(
        &self,
        examples: &[usize],
        request: &Request<R>,
        mut visit: impl FnMut(Reduced<R>),
    ) -> Result<(), TrainError> {
        let model = self.model;
        for indices in examples.chunks(self.examples_per_pass.max(1)) {
            let targets = batch::targets(self.data, indices)?;
            let tape = model.forward(batch::inputs(self.data, indices)?, Mode::EVALUATION)?;
            let signal = self.loss.signal(&tape.output, &targets)?;
            visit(reduce(&tape, signal, request)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::sample::Places;
    use consilience_data::{ExampleShape, Targets as Given};
    use consilience_nn::losses::Targets;
    use consilience_nn::{Block, Initialisation, Network, layers::Linear};
    use consilience_oracle::{Subject, statistics};
    use consilience_tensor::Shape;

    #[test]
    fn products_with_a_restricted_sum_are_those_of_the_sampled_numbers() {
        let blocks = [Block::layer(Linear::new(50, 20)), Block::layer(Linear::new(20, 4))];
        let network = Network::new(Shape::vector(50), &blocks).unwrap();
        let places = Places::draw(&network, 1);
        let model = Model::<f64>::init(network, Initialisation::GlorotNormal, 0);
        let inputs: Vec<f32> = (0..600).map(|n| ((n * 37 % 101) as f32 - 50.0) / 64.0).collect();
        let labels: Vec<u32> = (0..12).map(|n| n * 5 % 4).collect();
        let given = Given::Classes { labels: labels.clone(), classes: 4 };
        let data = Dataset::new("numbers", ExampleShape::flat(50), inputs.clone(), given).unwrap();
        let loss = Loss::SoftmaxCrossEntropy;
        let sweep = Sweep { model: &model, data: &data, loss, examples_per_pass: 5 };
        let examples: Vec<usize> = (0..12).collect();
        let restricted = places.restrict(&sweep.sum(&examples).unwrap());
        let (products, norms) = sweep.products(&examples, restricted, false).unwrap();
        assert!(norms.is_empty());

        let ones: Vec<_> = model.parameters.iter().map(|p| Cpu::full(p.shape(), 1.0)).collect();
        let kept: Vec<f64> = places.restrict(&ones).iter().flat_map(|array| array.as_slice().to_vec()).collect();
        assert_eq!(kept.iter().sum::<f64>(), 300.0 + 80.0);
        let subject = Subject {
            network: &model.network,
            parameters: &model.parameters,
            buffers: &model.buffers,
            mode: Mode::EVALUATION,
        };
        let inputs = Cpu::new(Shape::matrix(12, 50), inputs.into_iter().map(f64::from).collect());
        let mut rows = subject.loss_gradients(&inputs, loss, &Targets::Classes(labels)).unwrap();
        for row in &mut rows {
            row.iter_mut().zip(&kept).for_each(|(number, kept)| *number *= kept);
        }
        let expected = statistics::dots(&rows, &statistics::sum(&rows));
        // sums of 380 products and of 12 terms in each of their factors
        let magnitude = consilience_oracle::largest(&expected);
        for (got, expected) in products.iter().zip(&expected) {
            assert!((got - expected).abs() < 1e-12 * magnitude, "{got} and {expected}");
        }
    }
}
