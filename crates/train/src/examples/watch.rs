use std::ops::Range;

use consilience_data::Dataset;
use consilience_gradients::Schedule;
use consilience_nn::losses::{Loss, correct};
use consilience_nn::{Model, Network, Precision};
use consilience_tensor::{Cpu, Real, Tensor};

use super::shares::Shares;
use super::sweep::Sweep;
use super::{ExampleTable, Follow, Gradients, Outputs, Pulls, ReadFrom, Score};
use crate::spec::require;
use crate::{MemoryError, MonitorSpec, Numbers, SpecError, TrainError, Values};

/// Watches the training examples of a run.
#[derive(Debug)]
pub(crate) struct Watch {
    scores: Vec<(Score, Box<dyn Follow>)>,
    scores_every: Schedule,
    shares: Option<Shares>,
    /// Every training example.
    all: Vec<usize>,
    /// The places in the training data of the examples that evaluations see; all of them when `None`.
    evaluated: Option<Vec<usize>>,
    /// The given classes; empty when targets are values.
    classes: Vec<u32>,
}

/// A step, before its update.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Its number.
    pub step: u64,
    /// Whether it is the last.
    pub last: bool,
    /// The learning rate of its update.
    pub learning_rate: f64,
}

/// What came where data with classes were expected.
const VALUES: &str = "targets that are values";

impl Watch {
    /// Watches what `monitor` asks for. Scores of gradients are due every `steps_per_epoch` steps unless it says otherwise.
    ///
    /// # Errors
    /// An unknown score; what needs classes, of data whose targets are values.
    pub fn new(
        monitor: &MonitorSpec,
        network: &Network,
        train: &Dataset,
        evaluated: Option<Vec<usize>>,
        steps_per_epoch: u64,
        seed: u64,
    ) -> Result<Self, SpecError> {
        Self::check(monitor, train)?;
        let scores = monitor.resolve_scores()?;
        let classes = train.labels().unwrap_or_default().to_vec();
        Ok(Self {
            scores: scores.into_iter().map(|score| (score, score.begin(train.len(), train.outputs()))).collect(),
            scores_every: monitor.scores_every.clone().unwrap_or(Schedule::Every(steps_per_epoch.max(1))),
            shares: monitor.shares.as_ref().map(|spec| Shares::new(spec, network, train, seed)),
            all: (0..train.len()).collect(),
            evaluated,
            classes,
        })
    }

    /// Whether everything that is asked for exists of such data.
    ///
    /// # Errors
    /// When it is of classes, and the data have none.
    pub fn check(monitor: &MonitorSpec, train: &Dataset) -> Result<(), SpecError> {
        let has_classes = train.labels().is_some_and(|labels| !labels.is_empty());
        for score in monitor.resolve_scores()?.iter().filter(|score| score.entry().read_from.needs_classes()) {
            let expected = format!("data with classes, which `{}` is about", score.name());
            require(has_classes, "scores", &expected, &VALUES)?;
        }
        let expected = "data with classes, which alone are pristine or corrupt";
        require(monitor.shares.is_none() || has_classes, "shares", expected, &VALUES)
    }

    /// Takes what is due at `moment` of gradients over the training set: the values of shares, and whether anything was due.
    pub fn gradients<R: Precision>(
        &mut self,
        moment: Moment,
        model: &Model<R>,
        data: &Dataset,
        loss: Loss,
        examples_per_pass: usize,
    ) -> Result<(Values, bool), TrainError> {
        // steps that are named are meant, and no others
        let named = matches!(self.scores_every, Schedule::Steps(_));
        let due = self.scores_every.is_due(moment.step) || (moment.last && !named);
        let asked_for = |from: ReadFrom| due && self.scores.iter().any(|(score, _)| score.entry().read_from == from);
        let (norms, products) = (asked_for(ReadFrom::Norms), asked_for(ReadFrom::Products));
        let pulls = asked_for(ReadFrom::Pulls);
        let mut shares = self.shares.as_mut().filter(|shares| moment.last || shares.every.is_due(moment.step));
        let whole = shares.as_ref().is_some_and(|shares| shares.whole.is_some());
        let sweep = Sweep { model, data, loss, examples_per_pass };
        let sum = if products || whole || pulls { sweep.sum(&self.all)? } else { Vec::new() };
        if pulls {
            let logits = sweep.pulls(&self.all, &sum)?;
            let seen = Pulls { learning_rate: moment.learning_rate, logits: &logits, classes: &self.classes };
            self.scores.iter_mut().for_each(|(_, score)| score.pulls(&seen));
        }
        let seen = if products || whole {
            sweep.products(&self.all, sum, norms || products)?
        } else if norms {
            (Vec::new(), sweep.sq_norms(&self.all)?)
        } else {
            (Vec::new(), Vec::new())
        };
        if norms || products {
            let seen = Gradients { learning_rate: moment.learning_rate, sq_norms: &seen.1, products: &seen.0 };
            self.scores.iter_mut().for_each(|(_, score)| score.gradients(&seen));
        }
        let mut values = Values::new();
        if let Some(worlds) = shares.as_mut().and_then(|shares| shares.whole.as_mut()) {
            values.extend(worlds.read(moment.step, &seen.0));
        }
        if let Some(sampled) = shares.as_mut().and_then(|shares| shares.sampled.as_mut()) {
            let sum = sampled.places.restrict(&sweep.sum(&sampled.examples)?);
            let (products, _) = sweep.products(&sampled.examples, sum, false)?;
            values.extend(sampled.worlds.read(moment.step, &products));
        }
        Ok((values, norms || products || pulls || shares.is_some()))
    }

    /// Sees the outputs of an evaluation after `step` updates, of the evaluated examples at `range`.
    pub fn outputs<R: Real>(&mut self, step: u64, range: Range<usize>, outputs: &Cpu<R>) {
        if !self.scores.iter().any(|(score, _)| score.entry().read_from == ReadFrom::Outputs) {
            return;
        }
        let place = |at: usize| self.evaluated.as_ref().map_or(at, |evaluated| evaluated[at]);
        let examples: Vec<usize> = range.map(place).collect();
        let classes: Vec<u32> = examples.iter().map(|&example| self.classes[example]).collect();
        let learnt = correct(outputs, &classes);
        let width = outputs.shape().per_example().max(1);
        let mut logits = vec![0.0; width];
        for (row, ((example, class), learnt)) in
            outputs.as_slice().chunks_exact(width).zip(examples.into_iter().zip(classes).zip(learnt))
        {
            logits.iter_mut().zip(row).for_each(|(into, from)| *into = from.f64());
            let seen = Outputs { step, logits: &logits, class: class as usize, learnt };
            self.scores.iter_mut().for_each(|(_, score)| score.outputs(example, &seen));
        }
    }

    /// What was gathered so far.
    pub fn memory(&self, numbers: &mut Numbers) {
        for (score, follower) in &self.scores {
            for (name, list) in follower.memory() {
                numbers.push(format!("scores/{}/{name}", score.name()), list);
            }
        }
        for worlds in self.shares.iter().flat_map(Shares::worlds) {
            for (name, list) in worlds.memory() {
                numbers.push(format!("shares/{name}"), list);
            }
        }
    }

    /// Takes back what [`Watch::memory`] gave.
    ///
    /// # Errors
    /// When it was not given by a watch for the same things of as many examples.
    pub fn restore(&mut self, numbers: &mut Numbers) -> Result<(), MemoryError> {
        for (score, follower) in &mut self.scores {
            let mut take =
                |(name, list): (&str, Vec<f64>)| numbers.take(&format!("scores/{}/{name}", score.name()), list.len());
            let lists = follower.memory().into_iter().map(&mut take).collect::<Result<Vec<_>, _>>()?;
            follower.restore(&mut lists.into_iter());
        }
        for worlds in self.shares.iter_mut().flat_map(Shares::worlds_mut) {
            let [complete_to, summed] =
                worlds.memory().map(|(name, list)| numbers.take(&format!("shares/{name}"), list.len()));
            worlds.restore([complete_to?, summed?]);
        }
        Ok(())
    }

    /// The scores so far; `None` when none was asked for.
    pub fn table(&self, train: &Dataset) -> Option<ExampleTable> {
        if self.scores.is_empty() {
            return None;
        }
        let mut table = ExampleTable::of(train);
        for (score, follower) in &self.scores {
            for ((name, _), values) in score.entry().columns.iter().zip(follower.columns()) {
                table.push(name, values);
            }
        }
        Some(table)
    }
}
