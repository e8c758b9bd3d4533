use consilience_data::{Dataset, Split};

/// The data of a run: what it trains on, and what it is evaluated on beside that.
///
/// ```
/// use consilience_data::synthetic::two_circles::TwoCircles;
/// use consilience_train::TrainingData;
///
/// let (train, test) = (TwoCircles::default().generate(20, 0, 1)?, TwoCircles::default().generate(10, 20, 1)?);
/// let data = TrainingData::new(&train, &test);
/// assert_eq!(data.parts().map(|(name, part)| (name, part.len())).collect::<Vec<_>>(), [("training", 20), ("test", 10)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TrainingData<'a> {
    /// The examples that updates are made of.
    pub train: &'a Dataset,
    /// The examples that it is tested on.
    pub test: &'a Dataset,
    /// Examples set apart from the training set, to choose settings and the moment to stop by; they are evaluated whenever the
    /// test examples are.
    pub validation: Option<&'a Dataset>,
}

impl<'a> TrainingData<'a> {
    /// Without a validation set.
    pub const fn new(train: &'a Dataset, test: &'a Dataset) -> Self {
        Self { train, test, validation: None }
    }

    /// The parts that there are, with what messages call them.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &'a Dataset)> {
        [("training", Some(self.train)), ("test", Some(self.test)), ("validation", self.validation)]
            .into_iter()
            .filter_map(|(name, part)| Some((name, part?)))
    }
}

impl<'a> From<&'a Split> for TrainingData<'a> {
    fn from(split: &'a Split) -> Self {
        Self { train: &split.train, test: &split.test, validation: split.validation.as_ref() }
    }
}
