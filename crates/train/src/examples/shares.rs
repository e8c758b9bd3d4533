use consilience_data::Dataset;
use consilience_data::seeds::{Purpose, numbered_generator};
use consilience_gradients::Schedule;
use consilience_nn::Network;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::sample::{self, Places};
use crate::spec::require;
use crate::{SpecError, Values};

/// What pristine and corrupt shares are called and mean, for `list` and `explain`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SharesEntry {
    /// The key in configuration files.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The page of `explain`.
    pub explanation: &'static str,
    /// The values in records: name and meaning.
    pub values: [(&'static str, &'static str); 4],
}

/// Pristine and corrupt shares.
pub const SHARES: SharesEntry = SharesEntry {
    name: "shares",
    summary: "shares of the squared norm of the training set's gradient that pristine and corrupt examples have, and null worlds",
    explanation: "Definition: with g the sum of the gradients of all training examples at the present parameters, in evaluation \
mode, and g^p and g^c the sums over the pristine and the corrupt ones (whose given label is the true one, or not), pristine_share = \
<g, g^p> / <g, g> and corrupt_share = <g, g^c> / <g, g>; pristine_contribution = 1/|p| sum_{t' <= t} <g_t', g^p_t'> over the steps so \
far, and corrupt_contribution likewise. In a null world the tags pristine and corrupt are permuted at random among the examples, \
once for the run: NAME/null_1, NAME/null_2 and so on. With sample = \"paper\", or beside the rest with \"both\", the same of 400 \
examples and of 300 numbers of every weight (none of biases), as sampled_NAME.
Range: the shares add to 1, and each may lie outside 0 to 1; contributions are any number, not divided by the number of examples \
that g sums over.
Reading: to first order, the parts of the loss reduction of a small step down the whole gradient that pristine and corrupt \
examples account for, and what a pristine or corrupt example on average has accounted for. Where the lines of the null worlds run \
as the real ones do, the two kinds do not differ. The expected share in a null world is the share of examples.
Undefined: shares where the gradient is zero; a contribution where no example is of the kind, and after the first step at which \
nothing was measured, since it would no longer be the sum over all steps (every = 1, or \"log\" for the first ten).
Cost: two forward and backward passes over the training set whenever due, one for g and one for every example's product with it; null \
worlds are sums of the same products and cost no gradients. With sample = \"paper\" two passes over 400 examples.
Source: Chatterjee 2020 (arXiv 2002.10657), section 2.4, figures 2 and 3; the sample is that of the official code.",
    values: [
        ("pristine_share", "share of pristine examples, f^p"),
        ("corrupt_share", "share of corrupt examples, f^c"),
        ("pristine_contribution", "mean cumulative contribution of a pristine example, i^p"),
        ("corrupt_contribution", "mean cumulative contribution of a corrupt example, i^c"),
    ],
};

/// `shares` of the `[monitor]` table: when, and of what, the pristine and corrupt shares of the training set's gradient are
/// measured.
///
/// ```
/// use consilience_train::{MonitorSpec, Schedule, examples::{ShareSample, SharesSpec}};
/// let spec: MonitorSpec = toml::from_str(r#"shares = { null_worlds = 5, sample = "both" }"#)?;
/// assert_eq!(spec.shares, Some(SharesSpec { every: Schedule::Log, null_worlds: 5, sample: ShareSample::Both }));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SharesSpec {
    /// When they are due, as `every` of `[monitor]`. The last step is always due. Default `"log"`.
    pub every: Schedule,
    /// Null worlds. Default 3.
    pub null_worlds: usize,
    /// Of what: `all` examples and parameters, the `paper`'s sample of them, or `both`. Default `all`.
    pub sample: ShareSample,
}

/// Which examples and parameters shares are measured of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareSample {
    /// All of them.
    #[default]
    All,
    /// The sample of the paper's code: 400 training examples, and 300 numbers of every weight (none of biases).
    Paper,
    /// Each, side by side.
    Both,
}

impl Default for SharesSpec {
    fn default() -> Self {
        Self { every: Schedule::Log, null_worlds: 3, sample: ShareSample::All }
    }
}

impl SharesSpec {
    /// Checks what can be checked without data.
    ///
    /// # Errors
    /// Names the key, the range and the value.
    pub fn validate(&self) -> Result<(), SpecError> {
        require(self.every != Schedule::Every(0), "shares.every", "at least 1, \"log\" or a list", &0)
    }
}

/// The shares of a run.
#[derive(Debug)]
pub(super) struct Shares {
    pub every: Schedule,
    pub whole: Option<Worlds>,
    pub sampled: Option<Sampled>,
}

/// The examples and numbers of the sample, and their worlds.
#[derive(Debug)]
pub(super) struct Sampled {
    pub examples: Vec<usize>,
    pub places: Places,
    pub worlds: Worlds,
}

impl Shares {
    pub fn new(spec: &SharesSpec, network: &Network, data: &Dataset, seed: u64) -> Self {
        let worlds = |prefix, examples: &[usize]| {
            let corrupt = examples.iter().map(|&index| data.is_corrupt(index)).collect();
            Worlds::new(prefix, corrupt, spec.null_worlds, seed)
        };
        let all: Vec<usize> = (0..data.len()).collect();
        let sampled = || {
            let examples = sample::examples(data.len(), seed);
            let worlds = worlds("sampled_", &examples);
            Sampled { places: Places::draw(network, seed), worlds, examples }
        };
        Self {
            every: spec.every.clone(),
            whole: (spec.sample != ShareSample::Paper).then(|| worlds("", &all)),
            sampled: (spec.sample != ShareSample::All).then(sampled),
        }
    }

    /// The worlds of whatever is measured.
    pub fn worlds(&self) -> impl Iterator<Item = &Worlds> {
        self.whole.iter().chain(self.sampled.iter().map(|sampled| &sampled.worlds))
    }

    /// The same, to be changed.
    pub fn worlds_mut(&mut self) -> impl Iterator<Item = &mut Worlds> {
        self.whole.iter_mut().chain(self.sampled.iter_mut().map(|sampled| &mut sampled.worlds))
    }
}

/// The world as it is and the null worlds, and what was summed up in each.
#[derive(Debug)]
pub(super) struct Worlds {
    prefix: &'static str,
    /// The first is the world as it is.
    all: Vec<World>,
    /// The step up to which every step was measured.
    complete_to: u64,
}

/// One designation of examples as pristine or corrupt.
#[derive(Debug)]
struct World {
    suffix: String,
    corrupt: Vec<bool>,
    /// `sum_t <g, g^p>` and `sum_t <g, g^c>`.
    summed: [f64; 2],
}

impl Worlds {
    fn new(prefix: &'static str, corrupt: Vec<bool>, null_worlds: usize, seed: u64) -> Self {
        let nulls = (1..=null_worlds).map(|number| {
            let mut permuted = corrupt.clone();
            permuted.shuffle(&mut numbered_generator(seed, Purpose::NullWorld, number as u64));
            World { suffix: format!("/null_{number}"), corrupt: permuted, summed: [0.0; 2] }
        });
        let nulls: Vec<World> = nulls.collect();
        let real = World { suffix: String::new(), corrupt, summed: [0.0; 2] };
        Self { prefix, all: std::iter::once(real).chain(nulls).collect(), complete_to: 0 }
    }

    /// What was summed up so far, as lists by name.
    pub fn memory(&self) -> [(String, Vec<f64>); 2] {
        let name = |what: &str| format!("{}{what}", self.prefix);
        let summed = self.all.iter().flat_map(|world| world.summed).collect();
        [(name("complete_to"), vec![self.complete_to as f64]), (name("summed"), summed)]
    }

    /// Takes back the lists that [`Worlds::memory`] gave.
    pub fn restore(&mut self, [complete_to, summed]: [Vec<f64>; 2]) {
        self.complete_to = complete_to.first().map_or(0, |&step| step as u64);
        for (world, pair) in self.all.iter_mut().zip(summed.as_chunks::<2>().0) {
            world.summed = *pair;
        }
    }

    /// The values at `step`, given `<g_n, g>` of every example.
    pub fn read(&mut self, step: u64, products: &[f64]) -> Values {
        let complete = step == self.complete_to;
        self.complete_to += u64::from(complete);
        let prefix = self.prefix;
        self.all.iter_mut().flat_map(|world| world.read(prefix, products, complete)).collect()
    }
}

impl World {
    fn read(&mut self, prefix: &str, products: &[f64], complete: bool) -> Values {
        let mut parts = [0.0; 2];
        let mut examples = [0_u64; 2];
        for (product, &corrupt) in products.iter().zip(&self.corrupt) {
            parts[usize::from(corrupt)] += product;
            examples[usize::from(corrupt)] += 1;
        }
        if complete {
            self.summed = [self.summed[0] + parts[0], self.summed[1] + parts[1]];
        }
        let ratio = |part: f64, whole: f64| Some(part / whole).filter(|ratio| whole != 0.0 && ratio.is_finite());
        let share = |kind: usize| ratio(parts[kind], parts[0] + parts[1]);
        let contribution = |kind: usize| ratio(self.summed[kind], examples[kind] as f64).filter(|_| complete);
        let values = [share(0), share(1), contribution(0), contribution(1)];
        let names = SHARES.values.iter().map(|(name, _)| format!("{prefix}{name}{}", self.suffix));
        names.zip(values).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(values: &Values, name: &str) -> Option<f64> {
        values.iter().find(|(known, _)| known == name).unwrap().1
    }

    #[test]
    fn by_hand() {
        let mut worlds = Worlds::new("", vec![false, true, false], 2, 0);
        let values = worlds.read(0, &[3.0, -1.0, 2.0]);
        assert_eq!(value(&values, "pristine_share"), Some(5.0 / 4.0));
        assert_eq!(value(&values, "corrupt_share"), Some(-1.0 / 4.0));
        assert_eq!(value(&values, "pristine_contribution"), Some(2.5));
        assert_eq!(value(&values, "corrupt_contribution"), Some(-1.0));
        let values = worlds.read(1, &[1.0, 1.0, 0.0]);
        assert_eq!(value(&values, "pristine_share"), Some(0.5));
        assert_eq!(value(&values, "pristine_contribution"), Some(3.0));
        assert_eq!(value(&values, "corrupt_contribution"), Some(0.0));
        // step 2 was not measured
        let values = worlds.read(3, &[1.0, 1.0, 0.0]);
        // of two examples with the share 1/2 and one with 0, whichever is called corrupt
        assert!([Some(0.0), Some(0.5)].contains(&value(&values, "corrupt_share/null_2")));
        assert_eq!((value(&values, "pristine_share"), value(&values, "pristine_contribution")), (Some(0.5), None));
    }

    #[test]
    fn undefined_is_none() {
        let mut worlds = Worlds::new("sampled_", vec![false, false], 0, 0);
        let values = worlds.read(0, &[1.0, 2.0]);
        assert_eq!(value(&values, "sampled_corrupt_share"), Some(0.0), "nothing is corrupt");
        assert_eq!(value(&values, "sampled_corrupt_contribution"), None);
        let values = worlds.read(1, &[0.0, 0.0]);
        assert_eq!(value(&values, "sampled_pristine_share"), None, "no gradient");
        assert_eq!(value(&values, "sampled_pristine_contribution"), Some(1.5));
        assert_eq!(value(&worlds.read(2, &[f64::NAN, 0.0]), "sampled_pristine_share"), None);
    }

    #[test]
    fn null_worlds_permute_the_tags() {
        let corrupt: Vec<bool> = (0..100).map(|n| n < 30).collect();
        let worlds = Worlds::new("", corrupt.clone(), 3, 7);
        for (number, null) in worlds.all.iter().enumerate().skip(1) {
            assert_eq!(null.corrupt.iter().filter(|&&corrupt| corrupt).count(), 30);
            assert!(worlds.all[..number].iter().all(|other| other.corrupt != null.corrupt), "{number}");
        }
        let more = Worlds::new("", corrupt, 5, 7);
        assert_eq!(more.all[3].corrupt, worlds.all[3].corrupt, "more null worlds leave the others as they are");
    }
}
