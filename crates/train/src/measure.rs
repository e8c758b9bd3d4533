//! Quantities of a model that is not being trained, on any data.

use consilience_data::Dataset;
use consilience_gradients::quantities::{Evidence, Needs};
use consilience_gradients::{Quantity, Reduced, Request, reduce};
use consilience_nn::losses::Loss;
use consilience_nn::{Mode, Model, Precision};
use consilience_tensor::Real;
use rayon::prelude::*;

use crate::accumulate::merge;
use crate::evaluation::Tally;
use crate::{MonitorSpec, TrainError, Values, batch, probe, trainer};

/// What is measured of a model, and how.
#[derive(Clone, PartialEq, Debug)]
pub struct MeasureSpec {
    /// The quantities, in the order of the results.
    pub quantities: Vec<Quantity>,
    /// The loss whose gradients are meant.
    pub loss: Loss,
    /// Examples in a pass, cut to whole micro-batches. Beyond rounding errors, results do not depend on it.
    pub batch_size: usize,
    /// Examples of the probe, on which kernels, curvature and products between examples are measured: the same examples that
    /// training with this seed takes, where the data are its training set.
    pub probe: usize,
    /// Examples per micro-batch, for quantities that compare micro-batches. Default: 16, or an eighth of the data, or of the
    /// probe, where that is less.
    pub micro_batch: Option<usize>,
    /// The seed of the choice of the probe, and of labels and directions drawn there.
    pub seed: u64,
}

impl MeasureSpec {
    /// Of `quantities`: softmax cross-entropy, 128 examples in a pass and in the probe, seed 0.
    pub fn new(quantities: Vec<Quantity>) -> Self {
        let probe = MonitorSpec::default().probe;
        Self { quantities, loss: Loss::SoftmaxCrossEntropy, batch_size: 128, probe, micro_batch: None, seed: 0 }
    }

    /// Examples per micro-batch of a batch of `examples`.
    fn micro_batch(&self, examples: usize) -> usize {
        self.micro_batch.unwrap_or(examples.div_ceil(8).min(16)).max(1)
    }
}

/// A quantity as it was measured.
#[derive(Clone, PartialEq, Debug)]
pub struct QuantityValues {
    /// Which.
    pub quantity: Quantity,
    /// Over how many examples: all of the data, or those of the probe.
    pub examples: usize,
    /// Its values, as [`Quantity::read`] gives them.
    pub values: Values,
}

/// What was measured of a model on data.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelMeasures {
    /// `loss` and, where targets are classes, `accuracy` over all of the data; `pristine_accuracy`, `corrupt_accuracy` and
    /// `corrupt_accuracy_true` where some labels are wrong (see [`evaluation::MEASURES`](crate::evaluation::MEASURES)).
    pub evaluation: Values,
    /// The quantities, in the order in which they were asked for.
    pub quantities: Vec<QuantityValues>,
}

/// Measures `model` on `data` in evaluation mode: running statistics, no dropout, inputs without augmentation, given labels.
///
/// Quantities whose reductions merge are over all of the data, in one backward pass over it, `spec.batch_size` examples at a
/// time; `N` in their definitions is then the size of the data. Quantities that compare every example with every other, or keep
/// the gradient of each micro-batch, and those that are defined on a probe are measured on the probe.
///
/// `progress` is told how many examples are done after every pass over the data.
///
/// # Errors
/// When the data does not fit the network or the loss.
pub fn measure<R: Precision>(
    model: &Model<R>,
    data: &Dataset,
    spec: &MeasureSpec,
    progress: &mut dyn FnMut(usize),
) -> Result<ModelMeasures, TrainError> {
    trainer::check_part(&model.network, "measured", data, spec.loss)?;
    let (of_all, of_probe): (Vec<Quantity>, Vec<Quantity>) =
        spec.quantities.iter().partition(|quantity| merges(quantity.description().needs));
    let all = of_all_examples(model, data, spec, &of_all, progress)?;
    let chosen = if of_probe.is_empty() { Vec::new() } else { probe::chosen(data, spec.probe.max(1), spec.seed) };
    let probe = of_probe_examples(model, (data, &chosen), spec, &of_probe)?;
    let (evaluation, mut measured) = (all.0, all.1);
    measured.extend(probe);
    measured.sort_by_key(|one| spec.quantities.iter().position(|quantity| *quantity == one.quantity));
    Ok(ModelMeasures { evaluation, quantities: measured })
}

/// Whether what a quantity needs of a data set follows from its parts, in memory that does not grow with the data.
fn merges(needs: Needs) -> bool {
    !needs.of_probe() && !needs.is_across_examples() && !needs.contains(Needs::MICRO_BATCH_GRAM)
}

fn union(quantities: &[Quantity]) -> Needs {
    quantities.iter().fold(Needs::NONE, |needs, quantity| needs.union(quantity.description().needs))
}

/// Losses and accuracies, and those quantities that are read from reductions over all examples.
fn of_all_examples<R: Precision>(
    model: &Model<R>,
    data: &Dataset,
    spec: &MeasureSpec,
    quantities: &[Quantity],
    progress: &mut dyn FnMut(usize),
) -> Result<(Values, Vec<QuantityValues>), TrainError> {
    let micro_batch = spec.micro_batch(data.len());
    let size = (spec.batch_size - spec.batch_size % micro_batch).max(micro_batch);
    let mut request = Request::default();
    union(quantities).add_to(&mut request, micro_batch);
    let all: Vec<usize> = (0..data.len()).collect();
    let mut tally = Tally::new(data);
    let mut merged: Option<Reduced<R>> = None;
    for indices in all.chunks(size) {
        let targets = batch::targets(data, indices)?;
        let tape = model.forward(batch::inputs(data, indices)?, Mode::EVALUATION)?;
        tally.add(data, indices, &tape.output, &spec.loss.per_example(&tape.output, &targets)?);
        if !quantities.is_empty() {
            let signal = spec.loss.signal(&tape.output, &targets)?;
            let part = reduce(&tape, signal, &request)?;
            merged = Some(match merged.take() {
                Some(before) => merge(before, part),
                None => part,
            });
        }
        progress(indices[0] + indices.len());
    }
    let reduced = merged.unwrap_or(Reduced { examples: 0, parameters: Vec::new() });
    let evidence = Evidence::new(&model.network, &reduced).with_parameters(&model.parameters);
    Ok((tally.values(), read(&evidence, quantities, data.len())))
}

/// Those quantities that are read from the probe, and from reductions over its examples.
fn of_probe_examples<R: Precision>(
    model: &Model<R>,
    (data, chosen): (&Dataset, &[usize]),
    spec: &MeasureSpec,
    quantities: &[Quantity],
) -> Result<Vec<QuantityValues>, TrainError> {
    if quantities.is_empty() {
        return Ok(Vec::new());
    }
    let needs = union(quantities);
    let micro_batch = spec.micro_batch(chosen.len());
    let targets = batch::targets(data, chosen)?;
    let tape = model.forward(batch::inputs(data, chosen)?, Mode::EVALUATION)?;
    let mut request = Request::default();
    needs.add_to(&mut request, micro_batch);
    let signal = spec.loss.signal(&tape.output, &targets)?;
    let reduced = reduce(&tape, signal, &request)?;
    let probe = needs
        .of_probe()
        .then(|| probe::measure(model, (data, chosen), spec.loss, micro_batch, spec.seed, needs))
        .transpose()?;
    let classes = targets.classes();
    let evidence = Evidence::new(&model.network, &reduced)
        .with_parameters(&model.parameters)
        .with_classes(classes.as_deref())
        .with_probe(probe.as_ref());
    Ok(read(&evidence, quantities, chosen.len()))
}

fn read<R: Real>(evidence: &Evidence<'_, R>, quantities: &[Quantity], examples: usize) -> Vec<QuantityValues> {
    let one = |&quantity: &Quantity| QuantityValues { quantity, examples, values: quantity.read(evidence) };
    quantities.par_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchSize, Recording, Schedule, TrainSpec, TrainingData, train};
    use consilience_data::synthetic::two_circles::TwoCircles;
    use consilience_data::{LabelNoise, LabelNoiseKind};
    use consilience_nn::layers::{Activate, BatchNorm2d, Linear};
    use consilience_nn::{Block, Initialisation, Network};
    use consilience_tensor::{Activation, Shape};

    fn circles() -> Dataset {
        let noise = LabelNoise { kind: LabelNoiseKind::UniformOther, fraction: 0.2 };
        noise.apply(TwoCircles::default().generate(50, 0, 1).unwrap(), 1).unwrap()
    }

    fn model(normalised: bool) -> Model<f64> {
        let mut blocks = vec![Block::layer(Linear::new(2, 6))];
        if normalised {
            blocks.push(Block::layer(BatchNorm2d::new(6)));
        }
        blocks.extend([Block::layer(Activate(Activation::Tanh)), Block::layer(Linear::new(6, 2))]);
        let network = Network::new(Shape::vector(2), &blocks).unwrap();
        Model::init(network, Initialisation::HeNormal, 3)
    }

    fn all(batch_size: usize) -> MeasureSpec {
        MeasureSpec {
            batch_size,
            probe: 16,
            micro_batch: Some(10),
            seed: 5,
            ..MeasureSpec::new(Quantity::ALL.to_vec())
        }
    }

    fn flat(measures: &ModelMeasures) -> Vec<(String, Option<f64>)> {
        let quantities = measures.quantities.iter().flat_map(|one| one.values.clone());
        measures.evaluation.iter().cloned().chain(quantities).collect()
    }

    fn assert_close(a: &[(String, Option<f64>)], b: &[(String, Option<f64>)]) {
        assert_eq!(a.len(), b.len());
        for ((name, a), (other, b)) in a.iter().zip(b) {
            assert_eq!(name, other);
            match (a, b) {
                // sums of 50 gradients and their ratios in another order: some hundred roundings, magnified by cancellation
                (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{name}: {a} {b}"),
                _ => assert_eq!(a, b, "{name}"),
            }
        }
    }

    #[test]
    fn passes_over_parts_give_what_one_pass_gives() {
        for normalised in [false, true] {
            let (model, data) = (model(normalised), circles());
            let whole = measure(&model, &data, &all(50), &mut |_| ()).unwrap();
            assert_eq!(whole.quantities.len(), Quantity::ALL.len());
            for (size, pass) in [(1, 10), (15, 10), (20, 20), (1000, 50)] {
                let mut told = Vec::new();
                let parts = measure(&model, &data, &all(size), &mut |done| told.push(done)).unwrap();
                assert_close(&flat(&whole), &flat(&parts));
                assert_eq!(told.last(), Some(&50));
                assert_eq!(told.len(), 50_usize.div_ceil(pass));
            }
            let over = |name: &str| whole.quantities.iter().find(|one| one.quantity.name() == name).unwrap().examples;
            assert_eq!((over("gsnr"), over("m_coherence"), over("micro_batch_gradient_norm")), (50, 50, 50));
            assert_eq!((over("trace_kernel"), over("stiffness"), over("gradient_disparity")), (16, 16, 16));
        }
    }

    #[test]
    fn a_model_measures_what_training_recorded_of_it() {
        recorded_and_measured(&model(false), Quantity::ALL, Some(10));
        // of batch statistics, what is measured of the probe: with the running statistics from before the step
        let of_probe = |quantity: &&Quantity| {
            let needs = quantity.description().needs;
            needs.of_probe() && !needs.is_per_example()
        };
        let of_probe: Vec<Quantity> = Quantity::ALL.iter().filter(of_probe).copied().collect();
        recorded_and_measured(&model(true), &of_probe, None);
    }

    fn recorded_and_measured(start: &Model<f64>, quantities: &[Quantity], micro_batch: Option<usize>) {
        let data = circles();
        let spec = TrainSpec { batch_size: BatchSize::Full, steps: Some(1), ..TrainSpec::default() };
        let monitor = MonitorSpec {
            quantities: quantities.iter().map(|quantity| quantity.name().to_owned()).collect(),
            every: Schedule::Every(1),
            // then products between examples are over the same examples, too
            probe: 50,
            micro_batch,
            ..MonitorSpec::default()
        };
        let mut recording = Recording::default();
        train(&mut start.clone(), TrainingData::new(&data, &data), &spec, &monitor, 5, &mut recording).unwrap();
        let spec = MeasureSpec { quantities: quantities.to_vec(), probe: 50, ..all(50) };
        let measured = measure(start, &data, &spec, &mut |_| ()).unwrap();
        let quantities = ModelMeasures { evaluation: Values::new(), ..measured.clone() };
        let recorded = &recording.steps[0];
        // micro-batches are of consecutive examples, which training shuffles
        let kept = |values: Vec<(String, Option<f64>)>| -> Vec<_> {
            let micro = ["micro_batch", "gradient_disparity", "two_batch", "jacobian"];
            values.into_iter().filter(|(name, _)| !micro.iter().any(|begin| name.starts_with(begin))).collect()
        };
        assert_close(&kept(recorded.quantities.clone()), &kept(flat(&quantities)));
        if start.network.coupling_layer(Mode::training(0)).is_some() {
            return;
        }
        let loss = measured.evaluation[0].1.unwrap();
        assert!((loss - recorded.loss).abs() < 1e-12, "{loss} {}", recorded.loss);
    }

    #[test]
    fn accuracies_are_those_that_the_data_have() {
        let (model, data) = (model(false), circles());
        let measured = measure(&model, &data, &MeasureSpec::new(Vec::new()), &mut |_| ()).unwrap();
        let names: Vec<&str> = measured.evaluation.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["loss", "accuracy", "pristine_accuracy", "corrupt_accuracy", "corrupt_accuracy_true"]);
        let clean = TwoCircles::default().generate(9, 0, 1).unwrap();
        let measured = measure(&model, &clean, &MeasureSpec::new(Vec::new()), &mut |_| ()).unwrap();
        assert_eq!(measured.evaluation.len(), 2);
        let wide = crate::evaluation::evaluate(&model, TrainingData::new(&clean, &clean), Loss::SoftmaxCrossEntropy, 4);
        let wide = wide.unwrap();
        assert_eq!(wide[1].1, measured.evaluation[1].1);
    }

    #[test]
    fn data_that_does_not_fit_is_refused() {
        let network = Network::new(Shape::vector(3), &[Block::layer(Linear::new(3, 2))]).unwrap();
        let model = Model::<f32>::init(network, Initialisation::HeNormal, 3);
        let error = measure(&model, &circles(), &MeasureSpec::new(Vec::new()), &mut |_| ()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the network takes inputs of 1x1x3 (height x width x channels), but the measured data has 1x1x2"
        );
    }
}
