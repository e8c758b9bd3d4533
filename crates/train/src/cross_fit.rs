//! Scores of training examples by networks that have not trained on them.

use consilience_data::Dataset;
use consilience_data::seeds::{Purpose, numbered_generator};
use consilience_nn::{Initialisation, Model, Network, Precision};
use consilience_tensor::Real;
use rand::seq::SliceRandom;

use crate::examples::{ExampleTable, ReadFrom, ScoreEntry, Softmax, largest_other};
use crate::spec::require;
use crate::{
    EvaluationRecord, MonitorSpec, Observer, ObserverError, StepRecord, StopReason, TestOutputs, TrainError, TrainSpec,
    TrainingData, Values, check, train,
};

/// The number under which [`Purpose::Subsample`] draws the parts.
const PARTS: u64 = 6;

/// What a cross-fit says of single examples, as `explain` shows it; its columns are in the order of the table.
///
/// Steps on other examples alone changed these logits, so `log p_y(t) - log p_y(0)` is the sum over steps of what each did to the
/// example's loss: to first order `eta <g_n, mean of the others' g>`, the agreement of the example's gradient with that of the
/// others, here with all higher orders and at the cost of a forward pass.
pub const HELD_OUT: ScoreEntry = ScoreEntry {
    name: "held_out",
    summary: "what networks that have not trained on an example say of it; `consilience audit CONFIG.toml` makes it",
    explanation: "Definition: the examples are cut into parts, and those of each part are scored by a network that trains on the \
others. With z(t) the logits of an example at evaluation t of that network, p(t) their softmax and y the given label, means are over \
the evaluations after the first update.
Range: held_out_agreement and held_out_margin any number, probabilities 0 to 1, held_out_probability_margin -1 to 1.
Reading: low for mislabelled examples. No gradient of an example has a say in its own scores, so a wrong label cannot vouch for \
itself by being memorised. held_out_agreement below 0 says that steps on other examples have raised the example's loss: to first order \
it is the sum over steps of the inner product of its gradient with the mean gradient of the others, times the learning rate.
Undefined: for examples of a part that was not reached, and where a logit is not finite.
Cost: with K parts, K - 1 runs over the whole data, and the evaluations of the parts left out.
Source: of this program, after agreement; that networks score only what they have not trained on is as in Northcutt, Jiang and Chuang \
2021 (confident learning, arXiv 1911.00068).",
    columns: &[
        (
            "held_out_agreement",
            "by how much steps on others have lowered the example's loss, mean of log p_y(t) - log p_y(0)",
        ),
        ("held_out_margin", "mean of z_y - max_{j != y} z_j: the area under the margin, held out"),
        ("held_out_probability", "mean of p_y, what the others give the given label"),
        ("held_out_probability_margin", "mean of p_y minus the largest mean of another class"),
        ("held_out_label", "the class whose mean of p is the largest: what the others suggest"),
        ("held_out_label_probability", "the mean of p of that class"),
    ],
    read_from: ReadFrom::Outputs,
};

const COLUMNS: usize = HELD_OUT.columns.len();

/// What is cross-fitted, and how.
#[derive(Clone, Debug)]
pub struct CrossFit<'a> {
    /// The network.
    pub network: &'a Network,
    /// How its parameters are drawn, anew for each part.
    pub initialisation: Initialisation,
    /// The examples, with classes.
    pub data: &'a Dataset,
    /// How each network is trained; epochs are passes over its share of the examples.
    pub train: &'a TrainSpec,
    /// Parts `K` of equal size, give or take one: each is scored by a network trained on the `K - 1` others. At least 2.
    pub parts: usize,
    /// The seed from which everything random follows.
    pub seed: u64,
}

impl CrossFit<'_> {
    /// The number of steps over all parts.
    pub fn steps(&self) -> u64 {
        let parts = self.cut();
        parts.iter().map(|part| self.train.steps_in_total(self.data.len() - part.len())).sum()
    }

    /// Whether the cross-fit can take place. [`cross_fit`] refuses the same; asked beforehand, nothing needs to be computed.
    ///
    /// # Errors
    /// When there are no classes, or not from 2 to `N` parts; the first setting that does not fit the data or is undefined on the
    /// network.
    pub fn check(&self) -> Result<(), TrainError> {
        let count = self.data.len();
        let has_classes = self.data.labels().is_some_and(|labels| !labels.is_empty());
        require(has_classes, "data", "examples with classes, whose labels can be doubted", &"target values")?;
        require((2..=count).contains(&self.parts), "parts", &format!("from 2 to {count}, the examples"), &self.parts)?;
        check(self.network, TrainingData::new(self.data, self.data), self.train, &MonitorSpec::default())
    }

    /// The examples of each part, in random order.
    fn cut(&self) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.data.len()).collect();
        order.shuffle(&mut numbered_generator(self.seed, Purpose::Subsample, PARTS));
        let parts = self.parts.max(1);
        (0..parts).map(|part| order.iter().copied().skip(part).step_by(parts).collect()).collect()
    }
}

/// What a cross-fit came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CrossFitted<R: Real> {
    /// The columns of [`HELD_OUT`], a row per example in the order of the data. Undefined in parts that were not
    /// reached.
    pub table: ExampleTable,
    /// The network of each part, after training.
    pub models: Vec<Model<R>>,
    /// Why the cross-fit ended before its last step; `None` when it did not.
    pub stopped_early: Option<StopReason>,
}

/// Cuts the data into parts, trains a network on all but one of them for each, and scores the examples of that one by what the
/// network says of them while it is trained. No example's own gradient has a say in its scores, so a wrong label cannot vouch for
/// itself by being memorised.
///
/// `observer` is told the steps and evaluations of all parts, numbered on; an evaluation has the values `held_out_loss` and
/// `held_out_accuracy`, with respect to given labels, of the part that is left out. The true labels are passed through to the table
/// and read for nothing else.
///
/// Cost: `K - 1` runs of as many epochs over the whole data, and the evaluations of the part left out.
///
/// # Errors
/// As for [`train`]; when there are no classes, or not from 2 to `N` parts.
pub fn cross_fit<R: Precision>(
    what: &CrossFit<'_>,
    observer: &mut dyn Observer<R>,
) -> Result<CrossFitted<R>, TrainError> {
    what.check()?;
    let data = what.data;
    let given = data.labels().unwrap_or_default();
    let count = data.len();
    // the networks are judged by the part they leave out; the training examples need no evaluation
    let spec = TrainSpec { evaluate_train: Some(1), evaluate_at_start: true, ..what.train.clone() };
    let mut scores = Scores::new(given.to_vec(), data.outputs());
    let mut models = Vec::with_capacity(what.parts);
    let mut before = (0, 0);
    let mut stopped_early = None;
    for (number, part) in what.cut().into_iter().enumerate() {
        let mut left_out = vec![false; count];
        part.iter().for_each(|&index| left_out[index] = true);
        let rest: Vec<usize> = (0..count).filter(|&index| !left_out[index]).collect();
        let (rest, held_out) = (data.subset(&rest)?, data.subset(&part)?);
        let seed = what.seed.wrapping_add(number as u64);
        let mut model = Model::init(what.network.clone(), what.initialisation, seed);
        let mut numbered = Numbered { observer: &mut *observer, scores: &mut scores, part: &part, before };
        let outcome = train(
            &mut model,
            TrainingData::new(&rest, &held_out),
            &spec,
            &MonitorSpec::default(),
            seed,
            &mut numbered,
        )?;
        models.push(model);
        if let Some(reason) = outcome.stopped_early {
            stopped_early = Some(reason.after(before.0));
            break;
        }
        before = (before.0 + outcome.steps, before.1 + outcome.steps.div_ceil(spec.steps_per_epoch(rest.len()).max(1)));
    }
    let mut table = ExampleTable::of(data);
    for ((name, _), values) in HELD_OUT.columns.iter().zip(scores.columns()) {
        table.push(name, values);
    }
    Ok(CrossFitted { table, models, stopped_early })
}

/// Shows one part's training to the observer of all, and the outputs for the part left out to the scores.
struct Numbered<'a, R: Real> {
    observer: &'a mut dyn Observer<R>,
    scores: &'a mut Scores,
    part: &'a [usize],
    /// Steps and epochs of the parts before.
    before: (u64, u64),
}

impl<R: Real> Observer<R> for Numbered<'_, R> {
    fn step(&mut self, record: &StepRecord) -> Result<(), ObserverError> {
        let (step, epoch) = (self.before.0 + record.step, self.before.1 + record.epoch);
        self.observer.step(&StepRecord { step, epoch, ..record.clone() })
    }

    fn evaluation(&mut self, record: &EvaluationRecord) -> Result<(), ObserverError> {
        let values: Values = [("held_out_loss", "test_loss"), ("held_out_accuracy", "test_accuracy")]
            .iter()
            .map(|(name, known)| ((*name).to_owned(), record.get(known)))
            .collect();
        let (step, epoch) = (self.before.0 + record.step, self.before.1 + record.epoch);
        self.observer.evaluation(&EvaluationRecord { step, epoch, values, ..*record })
    }

    fn test_outputs(&mut self, outputs: &TestOutputs<'_>) -> Result<(), ObserverError> {
        let examples = self.part.iter().skip(outputs.first);
        for (&example, logits) in examples.zip(outputs.values.chunks_exact(outputs.width.max(1))) {
            self.scores.see(example, outputs.step, logits);
        }
        Ok(())
    }
}

/// Scores in the making.
#[derive(Debug)]
struct Scores {
    given: Vec<u32>,
    classes: usize,
    /// `log p_y(0)`, `[N]`.
    at_start: Vec<f64>,
    /// Sums over evaluations after the first update of `log p_y` and of the margin, `[N]` each, and of `p`, `[N, C]`.
    log_probability: Vec<f64>,
    margin: Vec<f64>,
    probabilities: Vec<f64>,
    /// Evaluations after the first update, `[N]`.
    seen: Vec<u64>,
}

impl Scores {
    fn new(given: Vec<u32>, classes: usize) -> Self {
        let count = given.len();
        Self {
            given,
            classes,
            at_start: vec![f64::NAN; count],
            log_probability: vec![0.0; count],
            margin: vec![0.0; count],
            probabilities: vec![0.0; count * classes],
            seen: vec![0; count],
        }
    }

    fn see(&mut self, example: usize, step: u64, logits: &[f64]) {
        let given = self.given[example] as usize;
        let softmax = Softmax::of(logits);
        let log_probability = softmax.log_probability(given);
        if step == 0 {
            self.at_start[example] = log_probability;
            return;
        }
        self.log_probability[example] += log_probability;
        self.margin[example] += largest_other(logits, given).map_or(f64::NAN, |other| logits[given] - other);
        let sums = &mut self.probabilities[example * self.classes..][..self.classes];
        for (sum, probability) in sums.iter_mut().zip(softmax.probabilities()) {
            *sum += probability;
        }
        self.seen[example] += 1;
    }

    fn columns(&self) -> [Vec<Option<f64>>; COLUMNS] {
        let mut columns: [Vec<Option<f64>>; COLUMNS] = Default::default();
        for (example, &given) in self.given.iter().enumerate() {
            for (column, value) in columns.iter_mut().zip(self.read(example, given as usize)) {
                column.push(value);
            }
        }
        columns
    }

    fn read(&self, example: usize, given: usize) -> [Option<f64>; COLUMNS] {
        let seen = self.seen[example] as f64;
        let sums = &self.probabilities[example * self.classes..][..self.classes];
        if seen == 0.0 || sums.iter().any(|sum| sum.is_nan()) {
            return [None; COLUMNS];
        }
        let other = largest_other(sums, given).unwrap_or(f64::NEG_INFINITY);
        // a tie speaks for the given label
        let label = if sums[given] >= other { Some(given) } else { sums.iter().position(|&sum| sum == other) };
        let agreement = self.log_probability[example] / seen - self.at_start[example];
        [
            Some(agreement).filter(|agreement| agreement.is_finite()),
            Some(self.margin[example] / seen).filter(|margin| margin.is_finite()),
            Some(sums[given] / seen),
            Some((sums[given] - other) / seen).filter(|margin| margin.is_finite()),
            label.map(|label| label as f64),
            label.map(|label| sums[label] / seen),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut scores = Scores::new(vec![0, 1, 0], 2);
        let ln3 = 3.0_f64.ln();
        // probabilities 1/2, then 3/4 and 1/4 of class 0
        scores.see(0, 0, &[5.0, 5.0]);
        scores.see(0, 10, &[ln3, 0.0]);
        scores.see(0, 20, &[0.0, 2.0 * ln3]);
        scores.see(1, 0, &[0.0, 0.0]);
        scores.see(1, 10, &[ln3, 0.0]);
        let columns = scores.columns();
        let mean_log = f64::midpoint(0.75_f64.ln(), 0.1_f64.ln());
        let first: Vec<f64> = columns.iter().map(|column| column[0].unwrap()).collect();
        let expected = [mean_log - 0.5_f64.ln(), (ln3 - 2.0 * ln3) / 2.0, 0.425, 0.425 - 0.575, 1.0, 0.575];
        for (got, expected) in first.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-14, "{first:?}");
        }
        assert_eq!(columns[4], [Some(1.0), Some(0.0), None], "an example that no evaluation saw");
        assert!(columns[0][1].unwrap() < 0.0, "steps on others have raised its loss");
    }

    #[test]
    fn what_is_not_a_number_is_undefined() {
        let mut scores = Scores::new(vec![0, 0], 2);
        scores.see(0, 0, &[0.0, 0.0]);
        scores.see(0, 1, &[0.0, f64::NAN]);
        scores.see(1, 1, &[0.0, 0.0]);
        let columns = scores.columns();
        assert!(columns.iter().all(|column| column[0].is_none()));
        // without an evaluation before the first update there is nothing to compare with
        assert_eq!((columns[0][1], columns[2][1], columns[4][1]), (None, Some(0.5), Some(0.0)));
    }
}
