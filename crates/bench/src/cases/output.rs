use consilience_gradients::Kernel;
use consilience_tensor::Cpu;

/// What a call computed, by the names that the other packages' results have.
#[derive(Debug, Default)]
pub struct Output {
    quantities: Vec<(&'static str, Values)>,
}

#[derive(Debug)]
enum Values {
    /// The model's own parameters after a step.
    Updated(Vec<Cpu<f32>>),
    /// One array per parameter.
    Arrays(Vec<Cpu<f32>>),
    Numbers(Vec<f64>),
    Kernel(Kernel),
}

impl Output {
    /// The parameters after a step, shared with the model.
    pub fn updated(self, parameters: &[Cpu<f32>]) -> Self {
        self.with("theta", Values::Updated(parameters.to_vec()))
    }

    /// One array per parameter.
    pub fn arrays(self, name: &'static str, arrays: Vec<Cpu<f32>>) -> Self {
        self.with(name, Values::Arrays(arrays))
    }

    pub fn numbers(self, name: &'static str, numbers: Vec<f64>) -> Self {
        self.with(name, Values::Numbers(numbers))
    }

    pub fn kernel(self, name: &'static str, kernel: Kernel) -> Self {
        self.with(name, Values::Kernel(kernel))
    }

    pub fn number(self, name: &'static str, number: f64) -> Self {
        self.numbers(name, vec![number])
    }

    fn with(mut self, name: &'static str, values: Values) -> Self {
        self.quantities.push((name, values));
        self
    }

    /// The memory that the caller receives; none for the model's own parameters.
    pub fn bytes(&self) -> usize {
        let singles = |lengths: &mut dyn Iterator<Item = usize>| lengths.sum::<usize>() * size_of::<f32>();
        let of = |values: &Values| match values {
            Values::Updated(_) => 0,
            Values::Arrays(arrays) => singles(&mut arrays.iter().map(|array| array.as_slice().len())),
            Values::Numbers(numbers) => size_of_val(numbers.as_slice()),
            Values::Kernel(kernel) => size_of_val(kernel.values()),
        };
        self.quantities.iter().map(|(_, values)| of(values)).sum()
    }

    /// Whether every number is one.
    pub fn is_finite(&self) -> bool {
        self.quantities.iter().all(|(_, values)| match values {
            Values::Updated(arrays) | Values::Arrays(arrays) => {
                arrays.iter().flat_map(Cpu::as_slice).all(|x| x.is_finite())
            }
            Values::Numbers(numbers) => numbers.iter().all(|x| x.is_finite()),
            Values::Kernel(kernel) => kernel.values().iter().all(|x| x.is_finite()),
        })
    }

    /// The numbers of each quantity, flat.
    #[cfg(test)]
    pub fn flat(&self) -> std::collections::BTreeMap<&'static str, Vec<f64>> {
        let of = |values: &Values| match values {
            Values::Updated(arrays) | Values::Arrays(arrays) => {
                arrays.iter().flat_map(Cpu::as_slice).copied().map(f64::from).collect()
            }
            Values::Numbers(numbers) => numbers.clone(),
            Values::Kernel(kernel) => kernel.values().to_vec(),
        };
        self.quantities.iter().map(|(name, values)| (*name, of(values))).collect()
    }
}
