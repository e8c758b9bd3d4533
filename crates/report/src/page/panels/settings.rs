//! The settings, every default written out.

use super::{Section, only};
use crate::page::document::Page;
use crate::page::run::Run;
use maud::{Markup, html};
use toml::{Table, Value};

pub(super) fn panel(page: &Page<'_>) -> Option<Section> {
    if page.runs.iter().all(|run| run.description.settings.is_empty()) {
        return None;
    }
    let (lead, body) = match only(page) {
        Some(run) => ("Every default written out: as a configuration file, this repeats the run.", of_one(run)),
        None => (
            "What differs between the runs, then what each was told, every default written out.",
            of_several(page.runs),
        ),
    };
    Some(Section { id: "settings", title: "Settings".to_owned(), short: "Settings", lead: Some(lead.to_owned()), body })
}

fn of_one(run: &Run) -> Markup {
    let settings = &run.description.settings;
    let (tables, values): (Vec<_>, Vec<_>) = settings.iter().partition(|(_, value)| value.is_table());
    html! {
        div.settings {
            @if !values.is_empty() {
                div { h3 { "run" } (rows(values.into_iter().map(|(key, value)| (key.clone(), text(value))))) }
            }
            @for (name, table) in tables {
                div { h3 { (name) } (rows(flattened_value(table).into_iter())) }
            }
        }
        (as_file(run))
    }
}

fn of_several(runs: &[Run]) -> Markup {
    let flat: Vec<Vec<(String, String)>> = runs.iter().map(|run| flattened(&run.description.settings)).collect();
    let mut keys: Vec<&String> = Vec::new();
    for (key, _) in flat.iter().flatten() {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let value =
        |run: usize, key: &str| flat[run].iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
    let differing: Vec<&&String> =
        keys.iter().filter(|key| (1..runs.len()).any(|run| value(run, key) != value(0, key))).collect();
    html! {
        @if differing.is_empty() {
            p { "All runs have the same settings." }
        } @else {
            div.scroll {
                table.figures {
                    thead { tr { th scope="col" { "setting" } @for (index, run) in runs.iter().enumerate() { th scope="col" { (super::swatch(index)) (run.name) } } } }
                    tbody {
                        @for key in &differing {
                            tr {
                                th scope="row" { code { (key) } }
                                @for run in 0..runs.len() { td { @match value(run, key) { Some(value) => code { (value) }, None => "–" } } }
                            }
                        }
                    }
                }
            }
        }
        @for run in runs { (as_file(run)) }
    }
}

/// The settings as a configuration file, folded away.
fn as_file(run: &Run) -> Markup {
    let file = toml::to_string(&run.description.settings).unwrap_or_default();
    html! {
        details.file {
            summary { "As a configuration file: " (run.name) }
            button.copy type="button" { "Copy" }
            pre { code { (file) } }
        }
    }
}

fn rows(entries: impl Iterator<Item = (String, String)>) -> Markup {
    html! { dl.rows { @for (key, value) in entries { div { dt { (key) } dd { code { (value) } } } } } }
}

/// Settings by dotted paths.
fn flattened(settings: &Table) -> Vec<(String, String)> {
    let entries = settings.iter().flat_map(|(key, value)| match value {
        Value::Table(_) => {
            flattened_value(value).into_iter().map(|(rest, text)| (format!("{key}.{rest}"), text)).collect()
        }
        other => vec![(key.clone(), text(other))],
    });
    entries.collect()
}

fn flattened_value(value: &Value) -> Vec<(String, String)> {
    value.as_table().map(flattened).unwrap_or_default()
}

/// A value as a configuration file has it.
pub(super) fn text(value: &Value) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_become_dotted_paths() {
        let settings: Table = "a = 1\n[b]\nc = \"x\"\n[b.d]\ne = [1, 2]\n".parse().unwrap();
        let flat = flattened(&settings);
        let flat: Vec<_> = flat.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(flat, [("a", "1"), ("b.c", "\"x\""), ("b.d.e", "[1, 2]")]);
    }
}
