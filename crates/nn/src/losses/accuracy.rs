use consilience_tensor::{Real, Tensor};

/// The class with the largest output, for each example; the first of equal ones.
pub fn predictions<T: Tensor>(outputs: &T) -> Vec<u32> {
    let classes = outputs.shape().per_example().max(1);
    outputs.values().chunks_exact(classes).map(|row| largest(row.iter().map(|value| value.f64()))).collect()
}

/// Whether each example's largest output is at its class. An example with an output that is not a number is never correct.
pub fn correct<T: Tensor>(outputs: &T, classes: &[u32]) -> Vec<bool> {
    let width = outputs.shape().per_example().max(1);
    let values = outputs.values();
    let rows = values.chunks_exact(width).zip(classes);
    rows.map(|(row, &class)| {
        row.iter().all(|value| !value.f64().is_nan()) && largest(row.iter().map(|value| value.f64())) == class
    })
    .collect()
}

/// The place of the largest number, the first of equal ones.
pub(super) fn largest<V: PartialOrd + Copy>(row: impl Iterator<Item = V>) -> u32 {
    let mut best: Option<(u32, V)> = None;
    for (at, value) in (0..).zip(row) {
        if best.is_none_or(|(_, largest)| value > largest) {
            best = Some((at, value));
        }
    }
    best.map_or(0, |(at, _)| at)
}
