//! Whether two runs have the same settings.

use consilience_record::result_settings;
use toml::{Table, Value};

/// The first setting that `recorded` and `asked` differ in, in words; `None` when a run of either is a run of the other. When
/// checkpoints are written and what is recorded beside the metrics is no difference.
pub fn first_difference(recorded: &Table, asked: &Table) -> Option<String> {
    of_tables("", &result_settings(recorded), &result_settings(asked))
}

fn of_tables(path: &str, recorded: &Table, asked: &Table) -> Option<String> {
    let more = asked.keys().filter(|key| !recorded.contains_key(*key));
    recorded.keys().chain(more).find_map(|key| {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (recorded.get(key), asked.get(key)) {
            (Some(Value::Table(recorded)), Some(Value::Table(asked))) => of_tables(&path, recorded, asked),
            (recorded, asked) if recorded == asked => None,
            (recorded, asked) => {
                let shown = |value: Option<&Value>| value.map_or_else(|| "not given".to_owned(), Value::to_string);
                Some(format!("`{path}` was {} and now is {}", shown(recorded), shown(asked)))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_difference_is_named_with_both_values() {
        let of = |text: &str| toml::from_str(text).unwrap();
        let recorded =
            of("seed = 1\n[train]\nlearning_rate = 0.1\naggregator = { kind = 'mean' }\n[checkpoints]\nminutes = 5");
        for (asked, expected) in [
            (
                "seed = 1\n[train]\nlearning_rate = 0.1\naggregator = { kind = 'mean' }\n[checkpoints]\nminutes = 1",
                None,
            ),
            ("seed = 1\n[train]\nlearning_rate = 0.1\naggregator = { kind = 'mean' }", None),
            (
                "seed = 1\n[train]\nlearning_rate = 0.2\naggregator = { kind = 'mean' }",
                Some("`train.learning_rate` was 0.1 and now is 0.2"),
            ),
            (
                "seed = 1\n[train]\nlearning_rate = 0.1\naggregator = { kind = 'median' }",
                Some("`train.aggregator.kind` was \"mean\" and now is \"median\""),
            ),
            ("[train]\nlearning_rate = 0.1\naggregator = { kind = 'mean' }", Some("`seed` was 1 and now is not given")),
            (
                "seed = 1\n[train]\nlearning_rate = 0.1\naggregator = { kind = 'mean' }\nmomentum = 0.5",
                Some("`train.momentum` was not given and now is 0.5"),
            ),
        ] {
            assert_eq!(first_difference(&recorded, &of(asked)).as_deref(), expected, "{asked}");
        }
    }
}
