use super::{Follow, Outputs, ReadFrom, ScoreEntry};

pub(super) const ENTRY: ScoreEntry = ScoreEntry {
    name: "forgetting",
    summary: "how often an example's given label is predicted and then no longer",
    explanation: "Definition: the number of pairs of consecutive evaluations of which the first predicts the given label and the \
second does not; infinite for an example whose label is never predicted.
Range: 0 to half the number of evaluations, or infinite.
Reading: 0 marks an unforgettable example, of which many can be left out without harm; corrupt and unusual examples are \
forgotten often, or never learnt. The paper counts at the mini-batches an example is in, in training mode; here it is evaluations, \
in evaluation mode, so the numbers depend on evaluate_every.
Undefined: for examples that no evaluation sees (evaluate_train).
Cost: none beside evaluations.
Source: Toneva et al. 2019 (arXiv 1812.05159), section 3.",
    columns: &[("forgetting_events", "times the given label was unlearnt")],
    read_from: ReadFrom::Outputs,
};

/// Events of one example.
#[derive(Clone, Copy, Debug)]
struct Events {
    learnt: bool,
    ever_learnt: bool,
    count: u64,
}

/// Events of examples; absent while an example was not seen.
#[derive(Debug)]
pub(super) struct Forgetting(Vec<Option<Events>>);

impl Forgetting {
    pub fn new(examples: usize) -> Self {
        Self(vec![None; examples])
    }
}

impl Follow for Forgetting {
    fn outputs(&mut self, example: usize, seen: &Outputs<'_>) {
        let learnt = seen.learnt;
        self.0[example] = Some(match self.0[example] {
            None => Events { learnt, ever_learnt: learnt, count: 0 },
            Some(before) => Events {
                learnt,
                ever_learnt: before.ever_learnt || learnt,
                count: before.count + u64::from(before.learnt && !learnt),
            },
        });
    }

    fn memory(&self) -> Vec<(&'static str, Vec<f64>)> {
        // -1 stands for an example that was not seen
        let list = |of: fn(Events) -> f64| self.0.iter().map(|events| events.map_or(-1.0, of)).collect();
        vec![
            ("learnt", list(|events| f64::from(u8::from(events.learnt)))),
            ("ever_learnt", list(|events| f64::from(u8::from(events.ever_learnt)))),
            ("count", list(|events| events.count as f64)),
        ]
    }

    fn restore(&mut self, lists: &mut dyn Iterator<Item = Vec<f64>>) {
        let mut list = || lists.next().unwrap_or_default();
        let (learnt, ever_learnt, count) = (list(), list(), list());
        let of = |((learnt, ever_learnt), count): ((f64, f64), f64)| {
            (learnt >= 0.0).then_some(Events {
                learnt: learnt > 0.0,
                ever_learnt: ever_learnt > 0.0,
                count: count as u64,
            })
        };
        self.0 = learnt.into_iter().zip(ever_learnt).zip(count).map(of).collect();
    }

    fn columns(&self) -> Vec<Vec<Option<f64>>> {
        let count = |events: Events| if events.ever_learnt { events.count as f64 } else { f64::INFINITY };
        vec![self.0.iter().map(|events| events.map(count)).collect()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut forgetting = Forgetting::new(5);
        let histories: [&[bool]; 4] =
            [&[true, false, true, false], &[false, true, true, true], &[false, false, false, false], &[true]];
        for (example, history) in histories.into_iter().enumerate() {
            for (step, &learnt) in (0..).zip(history) {
                forgetting.outputs(example, &Outputs { step, logits: &[], class: 0, learnt });
            }
        }
        assert_eq!(forgetting.columns(), [[Some(2.0), Some(0.0), Some(f64::INFINITY), Some(0.0), None]]);
    }
}
