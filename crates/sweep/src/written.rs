//! Values as a person writes them.

use consilience_run::document::{Node, Value};

/// `value` so that `--set KEY=VALUE` and a configuration file read it back the same. Text stands without quotes at the top.
pub(crate) fn exact(value: &Value) -> String {
    match value {
        Value::Text(text) if Node::parse_argument("", text).value == *value && !text.contains('\n') => text.clone(),
        value => toml(value),
    }
}

fn toml(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Whole(number) => number.to_string(),
        // with a point or an exponent, so that it stays a number that is not whole
        Value::Number(number) => format!("{number:?}").to_lowercase(),
        Value::Text(text) => toml::Value::String(text.clone()).to_string(),
        Value::List(nodes) => {
            format!("[{}]", nodes.iter().map(|node| toml(&node.value)).collect::<Vec<_>>().join(", "))
        }
        Value::Table(entries) => {
            let entry = |key: &str, node: &Node| format!("{key} = {}", toml(&node.value));
            let entries: Vec<String> = entries.iter().map(|found| entry(&found.key, &found.node)).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// `value` in as few words as tell it from most others: numbers to four digits, of tables first the kind.
pub(crate) fn short(value: &Value) -> String {
    match value {
        Value::Number(number) => short_number(*number),
        Value::Text(text) => text.clone(),
        Value::List(nodes) => nodes.iter().map(|node| short(&node.value)).collect::<Vec<_>>().join("-"),
        Value::Table(entries) => {
            let (kind, rest): (Vec<_>, Vec<_>) =
                entries.iter().partition(|entry| ["kind", "name"].contains(&&*entry.key));
            let kind = kind.into_iter().map(|entry| short(&entry.node.value));
            let rest = rest.into_iter().map(|entry| format!("{} {}", entry.key, short(&entry.node.value)));
            kind.chain(rest).collect::<Vec<_>>().join(" ")
        }
        value => toml(value),
    }
}

fn short_number(number: f64) -> String {
    let rounded: f64 = format!("{number:.3e}").parse().unwrap_or(number);
    if rounded == 0.0 || (1e-4..1e6).contains(&rounded.abs()) { format!("{rounded}") } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        for (written, label) in [
            ("3", "3"),
            ("1.0", "1"),
            ("0.0012345678", "0.001235"),
            ("1e-7", "1e-7"),
            ("2500000.0", "2.5e6"),
            ("true", "true"),
            ("mnist", "mnist"),
            ("\"3\"", "3"),
            ("", ""),
            ("[256, 128]", "256-128"),
            ("[\"a\", 0.5]", "a-0.5"),
            ("{ count = 2, kind = \"winsorized\" }", "winsorized count 2"),
        ] {
            let value = Node::parse_argument("", written).value;
            assert_eq!(exact(&value), written);
            assert_eq!(short(&value), label);
        }
    }
}
