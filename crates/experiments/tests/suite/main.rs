//! Experiment files, grids, claims and execution.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod claims;
mod execution;
mod files;
mod shipped;

use consilience_experiments::Experiment;

/// Two axes on two circles, a few steps.
pub(crate) const SMALL: &str = r#"
name = "circles"
title = "Two circles"
paper = "none"
place = "nowhere"
notes = ["A choice."]
[base]
data = { source = "two_circles", train = 20, test = 10 }
model = { name = "mlp", widths = [4] }
train = { steps = 4, batch_size = 5, evaluate_every = 2 }
[[axis]]
name = "rate"
label = "learning rate"
key = "train.learning_rate"
values = [0.1, 0.5]
[[axis]]
name = "method"
values = [
    { label = "plain" },
    { label = "winsorized", number = 1, set = { "train.aggregator" = { kind = "winsorized", count = 1 } } },
]
[parameters]
t = 2
[replicates]
count = 2
[scale.smoke]
note = "Smaller."
expected = "1 second"
[scale.small]
note = "Small."
expected = "1 second"
replicates = 3
axes = { rate = [0.25], method = ["winsorized"] }
parameters = { t = 3 }
[scale.paper]
note = "All."
expected = "1 second"
set = { "train.steps" = 8 }
[[measure]]
name = "test"
label = "test accuracy"
series = "test_accuracy"
unit = "percent"
[[measure]]
name = "loss_at_t"
series = "loss"
at = { step = "t" }
[[table]]
name = "final"
title = "At the end"
rows = "method"
columns = "rate"
measures = ["test", "loss_at_t"]
[[figure]]
name = "curves"
title = "Curves"
kind = "curves"
y = ["test_accuracy", "train_accuracy"]
columns = "rate"
colour = "method"
dash = "y"
[[claim]]
statement = "It is something."
place = "page 1"
scales = ["smoke"]
check = { kind = "within", measure = "test", from = 0.0, to = 1.0 }
"#;

/// The experiment that `text` describes.
pub(crate) fn parse(text: &str) -> Experiment {
    Experiment::parse("e.toml", text).unwrap()
}
