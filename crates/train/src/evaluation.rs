//! Losses and accuracies on whole data sets, in evaluation mode.

use std::ops::Range;

use consilience_data::Dataset;
use consilience_nn::losses::{Loss, correct};
use consilience_nn::{Model, Precision};
use consilience_tensor::{Cpu, Real};

use crate::{TrainError, TrainingData, Values, batch};

/// What an evaluation measures: name and meaning, in the order of its values.
pub const MEASURES: [(&str, &str); 10] = [
    ("train_loss", "mean loss of the training examples, with their given labels"),
    ("train_accuracy", "share of the training examples whose given label is predicted"),
    ("test_loss", "mean loss of the test examples"),
    ("test_accuracy", "share of the test examples whose label is predicted"),
    ("validation_loss", "mean loss of the validation examples, where some are set apart"),
    ("validation_accuracy", "share of the validation examples whose label is predicted"),
    ("pristine_accuracy", "share of the training examples with a true label whose label is predicted"),
    ("corrupt_accuracy", "share of the training examples with a wrong label whose wrong label is predicted: memorised"),
    ("corrupt_accuracy_true", "share of the training examples with a wrong label whose true label is predicted"),
    (
        "overfit",
        "train_accuracy - (eps / C + (1 - eps) test_accuracy), eps the share of labels drawn at random among C classes \
         (Chatterjee 2020, section 3.3)",
    ),
];

/// Measures a model on all parts of `data`, `examples_per_pass` examples at a time. The result has the names of [`MEASURES`], in
/// their order; those of the validation set only where there is one.
///
/// `None` stands for what is undefined: accuracies of data whose targets are values, accuracies of corrupt (pristine) examples
/// when there is none, and losses that are not finite.
///
/// The measure `overfit` compares the accuracy on given training labels with what a network that has learnt as much as it
/// shows on test data, and memorised nothing, would score. Its `eps` follows from the labels: a label drawn at random among
/// `C` classes is wrong with probability `(C - 1) / C`, so a share `q` of wrong labels stands for `eps = q C / (C - 1)`. For
/// labels that are wrong by another rule this remains exact when the wrong labels are uniform among the other classes.
///
/// # Errors
/// When the data does not fit the network or the loss.
pub fn evaluate<R: Precision>(
    model: &Model<R>,
    data: TrainingData<'_>,
    loss: Loss,
    examples_per_pass: usize,
) -> Result<Values, TrainError> {
    evaluate_watched(model, data, loss, examples_per_pass, &mut |_, _| (), &mut |_, _| ())
}

/// As [`evaluate`], and shows `watch` the outputs for the training examples, and `watch_test` those for the test examples, pass by
/// pass.
pub(crate) fn evaluate_watched<R: Precision>(
    model: &Model<R>,
    data: TrainingData<'_>,
    loss: Loss,
    examples_per_pass: usize,
    watch: &mut dyn FnMut(Range<usize>, &Cpu<R>),
    watch_test: &mut dyn FnMut(Range<usize>, &Cpu<R>),
) -> Result<Values, TrainError> {
    let on_train = Tally::of(model, data.train, loss, examples_per_pass, watch)?;
    let on_test = Tally::of(model, data.test, loss, examples_per_pass, watch_test)?;
    let unwatched = |part| Tally::of(model, part, loss, examples_per_pass, &mut |_, _| ());
    let on_validation = data.validation.map(unwatched).transpose()?;
    let train_accuracy = on_train.accuracy(|group| group.given);
    let test_accuracy = on_test.accuracy(|group| group.given);
    let corrupt_share = share(on_train.corrupt.examples, on_train.examples());
    // in the order of `MEASURES`; none where there is no such part
    let values = [
        Some(on_train.mean_loss()),
        Some(train_accuracy),
        Some(on_test.mean_loss()),
        Some(test_accuracy),
        on_validation.as_ref().map(Tally::mean_loss),
        on_validation.as_ref().map(|tally| tally.accuracy(|group| group.given)),
        Some(on_train.classified.then(|| share(on_train.pristine.given, on_train.pristine.examples)).flatten()),
        Some(share(on_train.corrupt.given, on_train.corrupt.examples)),
        Some(share(on_train.corrupt.truth, on_train.corrupt.examples)),
        Some(overfit(train_accuracy, test_accuracy, corrupt_share, data.train.outputs())),
    ];
    let named = MEASURES.iter().zip(values).filter_map(|((name, _), value)| Some(((*name).to_owned(), value?)));
    Ok(named.collect())
}

fn overfit(train: Option<f64>, test: Option<f64>, corrupt_share: Option<f64>, classes: usize) -> Option<f64> {
    let classes = Some(classes as f64).filter(|&classes| classes > 1.0)?;
    let random = corrupt_share? * classes / (classes - 1.0);
    Some(train? - (random / classes + (1.0 - random) * test?))
}

/// How many of a group of examples there are, and of how many the given and the true label is predicted.
#[derive(Clone, Copy, Default)]
struct Group {
    examples: usize,
    given: usize,
    truth: usize,
}

/// Losses and hits, counted pass by pass.
pub(crate) struct Tally {
    loss: f64,
    classified: bool,
    pristine: Group,
    corrupt: Group,
}

impl Tally {
    fn of<R: Precision>(
        model: &Model<R>,
        data: &Dataset,
        loss: Loss,
        examples_per_pass: usize,
        watch: &mut dyn FnMut(Range<usize>, &Cpu<R>),
    ) -> Result<Self, TrainError> {
        let mut tally = Self::new(data);
        let all: Vec<usize> = (0..data.len()).collect();
        for indices in all.chunks(examples_per_pass.max(1)) {
            let outputs = model.predict(batch::inputs(data, indices)?)?;
            watch(indices[0]..indices[0] + indices.len(), &outputs);
            tally.add(data, indices, &outputs, &loss.per_example(&outputs, &batch::targets(data, indices)?)?);
        }
        Ok(tally)
    }

    /// Nothing of `data` yet.
    pub fn new(data: &Dataset) -> Self {
        let (pristine, corrupt) = (Group::default(), Group::default());
        Self { loss: 0.0, classified: data.labels().is_some(), pristine, corrupt }
    }

    /// Adds the outputs for the examples at `indices`, which follow each other, and their losses.
    pub fn add<R: Real>(&mut self, data: &Dataset, indices: &[usize], outputs: &Cpu<R>, losses: &[f64]) {
        self.loss += losses.iter().sum::<f64>();
        let (Some(given), Some(truth)) = (data.labels(), data.true_labels()) else {
            self.pristine.examples += indices.len();
            return;
        };
        let range = indices[0]..indices[0] + indices.len();
        let given = correct(outputs, &given[range.clone()]);
        let truth = correct(outputs, &truth[range]);
        for ((&index, given), truth) in indices.iter().zip(given).zip(truth) {
            let group = if data.is_corrupt(index) { &mut self.corrupt } else { &mut self.pristine };
            group.examples += 1;
            group.given += usize::from(given);
            group.truth += usize::from(truth);
        }
    }

    /// Mean loss and accuracies by name, those of single groups where some labels are wrong.
    pub fn values(&self) -> Values {
        let mut values = vec![("loss", self.mean_loss())];
        if self.classified {
            values.push(("accuracy", self.accuracy(|group| group.given)));
        }
        if self.corrupt.examples > 0 {
            values.extend([
                ("pristine_accuracy", share(self.pristine.given, self.pristine.examples)),
                ("corrupt_accuracy", share(self.corrupt.given, self.corrupt.examples)),
                ("corrupt_accuracy_true", share(self.corrupt.truth, self.corrupt.examples)),
            ]);
        }
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    const fn examples(&self) -> usize {
        self.pristine.examples + self.corrupt.examples
    }

    fn mean_loss(&self) -> Option<f64> {
        Some(self.loss / self.examples() as f64).filter(|loss| loss.is_finite())
    }

    fn accuracy(&self, of: impl Fn(Group) -> usize) -> Option<f64> {
        self.classified.then(|| share(of(self.pristine) + of(self.corrupt), self.examples())).flatten()
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_data::{ExampleShape, Targets};
    use consilience_nn::{Block, Initialisation, Network, layers::Linear};
    use consilience_tensor::Shape;

    /// A network whose outputs are its two inputs.
    fn identity() -> Model<f64> {
        let network = Network::new(Shape::vector(2), &[Block::layer(Linear::new(2, 2).without_bias())]).unwrap();
        let mut model = Model::init(network, Initialisation::GlorotNormal, 0);
        model.parameters = vec![Cpu::new(Shape::matrix(2, 2), vec![1.0, 0.0, 0.0, 1.0])];
        model
    }

    fn data(inputs: &[[f32; 2]], labels: &[u32]) -> Dataset {
        let targets = Targets::Classes { labels: labels.to_vec(), classes: 2 };
        Dataset::new("by hand", ExampleShape::flat(2), inputs.concat(), targets).unwrap()
    }

    fn value(values: &Values, name: &str) -> Option<f64> {
        values.iter().find(|(n, _)| n == name).unwrap().1
    }

    #[test]
    fn by_hand() {
        // predictions: 0, 0, 0, 1
        let inputs = [[1.0, 0.0], [1.0, 0.0], [2.0, 0.0], [0.0, 3.0]];
        // examples 1 and 3 are corrupt: of 1 the true label is predicted, of 3 the given one
        let train = data(&inputs, &[0, 0, 1, 0]).with_given_labels(vec![0, 1, 1, 1]).unwrap();
        let test = data(&inputs, &[0, 0, 0, 0]);
        for batch in [1, 3, 100] {
            let values =
                evaluate(&identity(), TrainingData::new(&train, &test), Loss::MeanSquaredError, batch).unwrap();
            assert_eq!(
                values.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
                MEASURES
                    .map(|(name, _)| name)
                    .into_iter()
                    .filter(|name| !name.starts_with("validation"))
                    .collect::<Vec<_>>()
            );
            // squared errors, mean over two outputs: 0, 1, (4 + 1) / 2, (0 + 4) / 2
            assert_eq!(value(&values, "train_loss"), Some((0.0 + 1.0 + 2.5 + 2.0) / 4.0));
            assert_eq!(value(&values, "train_accuracy"), Some(0.5));
            assert_eq!(value(&values, "test_accuracy"), Some(0.75));
            assert_eq!(value(&values, "pristine_accuracy"), Some(0.5));
            assert_eq!(value(&values, "corrupt_accuracy"), Some(0.5));
            assert_eq!(value(&values, "corrupt_accuracy_true"), Some(0.5));
            // half the labels wrong between two classes: all drawn at random, so chance is 1/2
            assert_eq!(value(&values, "overfit"), Some(0.0));
        }
    }

    #[test]
    fn a_validation_set_is_measured_where_there_is_one() {
        // predictions: 0, 1
        let inputs = [[1.0, 0.0], [0.0, 2.0]];
        let (train, test) = (data(&inputs, &[0, 1]), data(&inputs, &[1, 1]));
        let validation = data(&[inputs[0], inputs[1], inputs[1], inputs[1]], &[0, 0, 1, 0]);
        let data = TrainingData { train: &train, test: &test, validation: Some(&validation) };
        let values = evaluate(&identity(), data, Loss::MeanSquaredError, 3).unwrap();
        assert_eq!(values.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), MEASURES.map(|(name, _)| name));
        // squared errors, mean over two outputs: 0, (1 + 4) / 2, 1 / 2, (1 + 4) / 2
        assert_eq!(value(&values, "validation_loss"), Some((0.0 + 2.5 + 0.5 + 2.5) / 4.0));
        assert_eq!(value(&values, "validation_accuracy"), Some(0.5));
        assert_eq!(value(&values, "test_accuracy"), Some(0.5));
        assert_eq!(value(&values, "train_accuracy"), Some(1.0));
    }

    #[test]
    fn overfit_of_the_paper() {
        // 60 % of the labels drawn at random among 10 classes: 54 % wrong
        let got = overfit(Some(0.9), Some(0.8), Some(0.54), 10).unwrap();
        assert!((got - (0.9 - (0.6 / 10.0 + 0.4 * 0.8))).abs() < 1e-15, "{got}");
        assert_eq!(overfit(Some(0.9), None, Some(0.0), 10), None);
    }

    #[test]
    fn undefined_is_none() {
        let train = data(&[[1.0, 0.0]], &[0]);
        let values = evaluate(&identity(), TrainingData::new(&train, &train), Loss::SoftmaxCrossEntropy, 10).unwrap();
        assert_eq!(value(&values, "corrupt_accuracy"), None, "nothing is corrupt");
        let targets = Targets::Values { values: vec![1.0, 2.0], outputs: 2 };
        let regression = Dataset::new("values", ExampleShape::flat(2), vec![1.0, 0.0], targets).unwrap();
        let values =
            evaluate(&identity(), TrainingData::new(&regression, &regression), Loss::MeanSquaredError, 10).unwrap();
        assert_eq!(value(&values, "test_loss"), Some(2.0));
        for name in ["train_accuracy", "test_accuracy", "pristine_accuracy", "overfit"] {
            assert_eq!(value(&values, name), None, "{name}");
        }
        let huge = data(&[[f32::MAX, f32::MAX]], &[0]);
        let mut model = identity();
        model.parameters[0].as_mut_slice()[0] = f64::MAX;
        let values = evaluate(&model, TrainingData::new(&huge, &huge), Loss::SoftmaxCrossEntropy, 10).unwrap();
        assert_eq!(value(&values, "train_loss"), None, "the loss is not finite");
    }
}
