//! What recorded names mean, collected from the registries for those who show them.

use consilience_gradients::Quantity;
use consilience_report::page::{Meaning, Meanings, Unit};
use consilience_train::HELD_OUT;
use consilience_train::evaluation::MEASURES;
use consilience_train::examples::{SHARES, Score};

/// The meaning of every name that a run can record.
pub fn meanings() -> Meanings {
    let mut meanings = Meanings::new();
    let mut add = |name: &str, title: &str, summary: &str, explanation: &str, unit: Unit| {
        let meaning =
            Meaning { title: title.to_owned(), summary: summary.to_owned(), explanation: explanation.to_owned(), unit };
        meanings.insert(name.to_owned(), meaning);
    };
    add("loss", "loss of the batch", "mean loss of the batch of the step, before its update", "", Unit::Number);
    add("penalty", "penalty", "what the penalties add to the loss, their weights included", "", Unit::Number);
    for (name, meaning) in MEASURES {
        let unit = if name.ends_with("loss") { Unit::Number } else { Unit::Share };
        add(name, &measure_title(name), meaning, "", unit);
    }
    let of_parts = "of the part of the training examples that was left out, with their given labels";
    add("held_out_loss", "held-out loss", &format!("mean loss {of_parts}"), "", Unit::Number);
    add("held_out_accuracy", "held-out accuracy", &format!("share of correct predictions {of_parts}"), "", Unit::Share);
    for quantity in Quantity::ALL {
        let description = quantity.description();
        for value in description.values {
            add(value.name, value.title, description.summary, description.explanation, Unit::Number);
        }
    }
    for (name, title) in SHARES.values {
        let unit = if name.ends_with("share") { Unit::Share } else { Unit::Number };
        add(name, title, SHARES.summary, SHARES.explanation, unit);
        add(
            &format!("sampled_{name}"),
            &format!("{title}, on the paper's sample"),
            SHARES.summary,
            SHARES.explanation,
            unit,
        );
    }
    for entry in Score::ALL.iter().map(|score| score.entry()).chain([&HELD_OUT]) {
        for (column, title) in entry.columns {
            add(column, title, title, entry.explanation, Unit::Number);
        }
    }
    meanings
}

/// A few words for one of the measures of every evaluation.
fn measure_title(name: &str) -> String {
    match name {
        "pristine_accuracy" => "pristine: label predicted".to_owned(),
        "corrupt_accuracy" => "corrupt: wrong label predicted".to_owned(),
        "corrupt_accuracy_true" => "corrupt: true label predicted".to_owned(),
        other => other.replace('_', " ").replace("train ", "training "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use consilience_report::page::has_group;

    #[test]
    fn whatever_can_be_recorded_is_explained_and_has_its_place_on_a_page() {
        let meanings = meanings();
        let entries = Score::ALL.iter().map(|score| score.entry()).chain([&HELD_OUT]);
        let scores: Vec<&str> = entries.flat_map(|entry| entry.columns).map(|column| column.0).collect();
        for (name, meaning) in &meanings {
            assert!(!meaning.title.is_empty() && !meaning.summary.is_empty(), "{name}");
            let is_elsewhere =
                scores.contains(&name.as_str()) || name.contains("_share") || name.ends_with("_contribution");
            assert!(is_elsewhere || has_group(name), "{name} would be among other quantities");
        }
    }
}
