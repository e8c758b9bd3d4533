use consilience_tensor::{Cpu, Real, Tensor};

use crate::{EvaluationRecord, Memory, MemoryError};

/// The state of a run between two steps: [`resume`](crate::resume) goes on from it to the same bytes as the run that it was
/// taken of. An [`Observer`](crate::Observer) asks for it.
///
/// Random generators and the order of the data are not in it: each is numbered by epoch, step or example
/// ([`numbered_generator`](consilience_data::seeds::numbered_generator)), so that `step` is their state.
#[derive(Clone, Debug)]
pub struct Checkpoint<R: Real> {
    /// The updates made, which is the number of the next step.
    pub step: u64,
    /// The parameters of the network.
    pub parameters: Vec<Cpu<R>>,
    /// The buffers of the network.
    pub buffers: Vec<Cpu<R>>,
    /// What the optimizer remembers.
    pub optimizer: Memory<R>,
    /// What the aggregator remembers.
    pub aggregator: Memory<R>,
    /// The loss of the step before; `None` before the first.
    pub last_loss: Option<f64>,
    /// The last evaluation; `None` before the first.
    pub last_evaluation: Option<EvaluationRecord>,
    /// What was gathered so far: scores of examples, contributions of pristine and corrupt ones, seconds by purpose.
    pub numbers: Numbers,
}

/// Lists of numbers by name, each as long as whatever gave it away says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers(Vec<(String, Vec<f64>)>);

impl Numbers {
    /// The lists, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// Adds a list.
    pub fn push(&mut self, name: impl Into<String>, values: Vec<f64>) {
        self.0.push((name.into(), values));
    }

    /// Takes out the list called `name`.
    ///
    /// # Errors
    /// When there is none, or not of `length` numbers.
    pub fn take(&mut self, name: &str, length: usize) -> Result<Vec<f64>, MemoryError> {
        let place = self.0.iter().position(|(known, _)| known == name);
        let expected = || format!("`{name}` of length {length}");
        let Some(place) = place else {
            return Err(MemoryError {
                what: "remembered numbers",
                expected: expected(),
                got: "none of that name".into(),
            });
        };
        let (_, values) = self.0.swap_remove(place);
        if values.len() != length {
            let got = format!("length {}", values.len());
            return Err(MemoryError { what: "remembered numbers", expected: expected(), got });
        }
        Ok(values)
    }

    /// Checks that everything was taken out.
    ///
    /// # Errors
    /// Names what was not.
    pub fn check_empty(&self) -> Result<(), MemoryError> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                Err(MemoryError { what: "remembered numbers", expected: "no more".into(), got: format!("`{name}`") })
            }
        }
    }
}

impl FromIterator<(String, Vec<f64>)> for Numbers {
    fn from_iter<I: IntoIterator<Item = (String, Vec<f64>)>>(lists: I) -> Self {
        Self(lists.into_iter().collect())
    }
}

/// Checks that `arrays` have the shapes of `expected`.
pub(crate) fn check_shapes<R: Real>(
    what: &'static str,
    expected: &[Cpu<R>],
    arrays: &[Cpu<R>],
) -> Result<(), MemoryError> {
    let shapes = |arrays: &[Cpu<R>]| arrays.iter().map(|a| a.shape().to_string()).collect::<Vec<_>>().join(", ");
    let (expected, got) = (shapes(expected), shapes(arrays));
    if expected == got { Ok(()) } else { Err(MemoryError { what, expected, got }) }
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    #[test]
    fn numbers_are_taken_once_and_of_the_right_length() {
        let mut numbers: Numbers = [("a".to_owned(), vec![1.0, 2.0])].into_iter().collect();
        numbers.push("b", Vec::new());
        let refused = |numbers: &mut Numbers, name, length| numbers.take(name, length).unwrap_err().to_string();
        assert!(
            refused(&mut numbers, "c", 1)
                .starts_with("remembered numbers: expected `c` of length 1, got none of that name")
        );
        assert_eq!(numbers.take("a", 2), Ok(vec![1.0, 2.0]));
        assert!(refused(&mut numbers, "a", 2).contains("none of that name"));
        assert!(numbers.check_empty().unwrap_err().to_string().contains("got `b`"));
        assert!(refused(&mut numbers, "b", 3).contains("expected `b` of length 3, got length 0"));
        assert_eq!(numbers.check_empty(), Ok(()));
    }
}
