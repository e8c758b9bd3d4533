use super::{Follow, Outputs, ReadFrom, ScoreEntry};

pub(super) const ENTRY: ScoreEntry = ScoreEntry {
    name: "learnt",
    summary: "since which step an example's given label is predicted, at first and for good",
    explanation: "Definition: learnt_first is the first evaluation (as the number of updates made before it) at which the given \
label is predicted; learnt_last is the first of the unbroken run of evaluations, up to the last one, at which it is. Infinite \
when there is none.
Range: 0 to the number of updates, or infinite; learnt_first <= learnt_last.
Reading: easy examples are learnt early, corrupt ones late. An example whose two steps differ was forgotten in between.
Undefined: for examples that no evaluation sees (evaluate_train). It is as fine as evaluations are frequent: evaluate_every.
Cost: none beside evaluations.
Source: the official code of Chatterjee 2020 (arXiv 2002.10657), which records both.",
    columns: &[
        ("learnt_first", "updates before the given label was first predicted"),
        ("learnt_last", "updates since which it has always been predicted"),
    ],
    read_from: ReadFrom::Outputs,
};

/// Steps of examples; infinite while there is none, absent while an example was not seen.
#[derive(Debug)]
pub(super) struct Learnt {
    first: Vec<Option<f64>>,
    last: Vec<Option<f64>>,
}

impl Learnt {
    pub fn new(examples: usize) -> Self {
        Self { first: vec![None; examples], last: vec![None; examples] }
    }
}

impl Follow for Learnt {
    fn outputs(&mut self, example: usize, seen: &Outputs<'_>) {
        let step = if seen.learnt { seen.step as f64 } else { f64::INFINITY };
        let earlier = |before: Option<f64>| before.map_or(step, |before| before.min(step));
        self.first[example] = Some(earlier(self.first[example]));
        self.last[example] = Some(if seen.learnt { earlier(self.last[example]) } else { f64::INFINITY });
    }

    fn memory(&self) -> Vec<(&'static str, Vec<f64>)> {
        // -1 stands for an example that was not seen
        let list = |steps: &[Option<f64>]| steps.iter().map(|step| step.unwrap_or(-1.0)).collect();
        vec![("first", list(&self.first)), ("last", list(&self.last))]
    }

    fn restore(&mut self, lists: &mut dyn Iterator<Item = Vec<f64>>) {
        let steps = |list: Vec<f64>| list.into_iter().map(|step| (step >= 0.0).then_some(step)).collect();
        self.first = steps(lists.next().unwrap_or_default());
        self.last = steps(lists.next().unwrap_or_default());
    }

    fn columns(&self) -> Vec<Vec<Option<f64>>> {
        vec![self.first.clone(), self.last.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut learnt = Learnt::new(3);
        for (step, seen) in [(0, [false, true]), (10, [true, false]), (20, [false, true]), (30, [true, true])] {
            for (example, learnt_now) in seen.into_iter().enumerate() {
                let seen = Outputs { step, logits: &[], class: 0, learnt: learnt_now };
                learnt.outputs(example, &seen);
            }
        }
        assert_eq!(learnt.columns(), [[Some(10.0), Some(0.0), None], [Some(30.0), Some(20.0), None]]);
        learnt.outputs(0, &Outputs { step: 40, logits: &[], class: 0, learnt: false });
        assert_eq!(learnt.columns()[1][0], Some(f64::INFINITY), "unlearnt at the last evaluation");
    }
}
