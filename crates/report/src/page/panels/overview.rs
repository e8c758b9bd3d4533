//! What the runs are, how they ended, and what they came to.

use super::{Section, settings, swatch};
use crate::page::document::Page;
use crate::page::number::{count, duration, percent, plain};
use crate::page::run::Run;
use consilience_record::Status;
use maud::{Markup, html};
use toml::Value;

/// What a run came to: recorded names, what they are called here, and whether they are shares.
const RESULTS: [(&str, &str, bool); 8] = [
    ("test_accuracy", "test accuracy", true),
    ("test_loss", "test loss", false),
    ("held_out_accuracy", "held-out accuracy", true),
    ("held_out_loss", "held-out loss", false),
    ("train_accuracy", "training accuracy", true),
    ("train_loss", "training loss", false),
    ("corrupt_accuracy", "wrong labels memorised", true),
    ("corrupt_accuracy_true", "wrong labels seen through", true),
];

/// The head of the page.
pub(in crate::page) fn header(page: &Page<'_>) -> Markup {
    html! {
        header {
            p.brand { "Consilience" span { " report" } }
            div.title {
                h1 { (page.heading()) }
                @if let [run] = page.runs { (status(run)) }
            }
            @match page.runs {
                [] => p.lead { "There is no run to show." },
                [run] => (of_one(run)),
                _ => {}
            }
        }
    }
}

/// The overview of several runs.
pub(super) fn panel(page: &Page<'_>) -> Option<Section> {
    if page.runs.len() < 2 {
        return None;
    }
    let columns: Vec<_> =
        RESULTS.iter().filter(|(name, ..)| page.runs.iter().any(|run| run.last(name).is_some())).collect();
    let body = html! {
        div.scroll {
            table.figures {
                thead {
                    tr {
                        th scope="col" { "run" }
                        th.number scope="col" { "seed" }
                        th scope="col" { "ended" }
                        th.number scope="col" { "steps" }
                        th.number scope="col" { "time" }
                        @for (_, title, _) in &columns { th.number scope="col" { (title) } }
                    }
                }
                tbody {
                    @for (index, run) in page.runs.iter().enumerate() {
                        tr data-run=(index) {
                            th scope="row" { div.called { (swatch(index)) (run.name) } }
                            td.number { (run.description.seed) }
                            td { (status(run)) }
                            td.number { (count(run.steps())) }
                            td.number { (run.description.seconds.map_or_else(|| "–".to_owned(), duration)) }
                            @for (name, _, is_share) in &columns {
                                td.number { (run.last(name).map_or_else(|| "–".to_owned(), |value| shown(value, *is_share))) }
                            }
                        }
                    }
                }
            }
        }
        @for run in page.runs { @if let Some(error) = &run.description.error { p.notice { b { (run.name) } ": " (error) } } }
    };
    let lead = Some("What each run came to, at its last evaluation.".to_owned());
    Some(Section { id: "overview", title: "Overview".to_owned(), short: "Overview", lead, body })
}

/// The foot of the page: how it came about.
pub(in crate::page) fn footer(page: &Page<'_>) -> Markup {
    html! {
        p { "Made by Consilience " (env!("CARGO_PKG_VERSION")) " from "
            @for (index, run) in page.runs.iter().enumerate() {
                @if index > 0 { ", " }
                code { (run.directory.display()) }
            }
            ". Long curves are thinned; every stretch keeps its smallest and its largest value."
        }
    }
}

fn shown(value: f64, is_share: bool) -> String {
    if is_share { percent(value) } else { plain(value) }
}

/// How a run ended, in a word and a mark.
fn status(run: &Run) -> Markup {
    let (class, mark, word) = match run.description.status {
        Status::Finished => ("finished", "✓", "finished"),
        Status::Running => ("running", "…", "not ended"),
        Status::Failed => ("failed", "✕", "failed"),
        Status::Interrupted => ("interrupted", "‖", "interrupted"),
    };
    html! { span.status.(class) { span aria-hidden="true" { (mark) } " " (word) } }
}

fn of_one(run: &Run) -> Markup {
    let description = &run.description;
    let what = [
        Some(description.data.source.clone()).filter(|source| !source.is_empty()),
        run.setting("model").map(brief),
        run.setting("train.aggregator").map(brief),
    ];
    let what: Vec<String> = what.into_iter().flatten().collect();
    html! {
        @if !what.is_empty() { p.what { (what.join(" · ")) } }
        @if let Some(error) = &description.error { p.notice.failure { (error) } }
        @else if description.status == Status::Running {
            p.notice { "This run has not ended: it goes on, or it was killed. What follows was recorded up to step " (count(run.steps())) "." }
        }
        @if run.series.is_empty() { p.notice { "Nothing has been recorded yet." } }
        div.tiles {
            @for (name, title, is_share) in RESULTS {
                @if let Some(last) = run.last(name) {
                    div.tile {
                        span.name { (title) }
                        span.value { (shown(last, is_share)) }
                        (best(run, name, is_share))
                    }
                }
            }
        }
        dl.facts { @for (key, value) in facts(run) { div { dt { (key) } dd { (value) } } } }
    }
}

/// Where a measure of the test set was best, if not at the end.
fn best(run: &Run, name: &str, is_share: bool) -> Markup {
    let found = run.series(name).filter(|_| name.starts_with("test_")).and_then(|series| {
        let values = series.defined();
        let best = if is_share {
            values.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
        } else {
            values.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)))
        };
        best.zip(series.last()).filter(|(best, last)| best.1 != last.1)
    });
    html! {
        @if let Some(((step, value), _)) = found {
            span.best { "best " (shown(value, is_share)) " at step " (count(step)) }
        }
    }
}

fn facts(run: &Run) -> Vec<(&'static str, String)> {
    let description = &run.description;
    let data = &description.data;
    let mut facts = Vec::new();
    if data.train > 0 {
        let corrupt = match data.train_corrupt {
            0 => String::new(),
            wrong => format!(" ({} with a wrong label)", count(wrong as u64)),
        };
        let shape = data.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ");
        let sizes = format!(
            "{} training examples{corrupt}, {} test examples",
            count(data.train as u64),
            count(data.test as u64)
        );
        facts.push(("data", format!("{}: {sizes} of {shape}, {} outputs", data.source, data.outputs)));
    }
    if let Some(model) = run.setting("model") {
        facts.push(("network", brief(model)));
    }
    let train = ["batch_size", "learning_rate", "momentum", "weight_decay", "loss"]
        .iter()
        .filter_map(|key| Some(format!("{} {}", key.replace('_', " "), brief(run.setting(&format!("train.{key}"))?))));
    let train: Vec<String> = train.collect();
    if !train.is_empty() {
        facts.push(("training", train.join(", ")));
    }
    for (key, path) in
        [("aggregator", "train.aggregator"), ("optimizer", "train.optimizer"), ("penalty", "train.penalty")]
    {
        facts.extend(run.setting(path).map(|value| (key, brief(value))));
    }
    facts.push(("steps", count(run.steps())));
    facts.push(("seed", description.seed.to_string()));
    let started = description.started.to_string();
    if !started.is_empty() {
        let ended = description.ended.as_ref().map_or_else(String::new, |ended| format!(", ended {ended}"));
        let took = description.seconds.map_or_else(String::new, |seconds| format!(", {}", duration(seconds)));
        facts.push(("started", format!("{started}{ended}{took}")));
    }
    let program = &description.program;
    if !program.name.is_empty() {
        facts.push(("program", format!("{} {}, {} threads", program.name, program.version, program.threads)));
    }
    if !program.command.is_empty() {
        facts.push(("command", program.command.join(" ")));
    }
    facts.push(("directory", run.directory.display().to_string()));
    facts
}

/// A setting in a few words: its name or kind first, then the rest.
fn brief(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(brief).collect::<Vec<_>>().join(", "),
        Value::Table(table) => {
            let name = ["name", "kind"].iter().find_map(|key| Some((*key, table.get(*key)?)));
            let rest = table.iter().filter(|(key, _)| name.is_none_or(|(known, _)| known != key.as_str()));
            let rest: Vec<String> =
                rest.map(|(key, value)| format!("{} {}", key.replace('_', " "), brief(value))).collect();
            let name = name.map(|(_, value)| brief(value));
            name.into_iter().chain(rest).collect::<Vec<_>>().join(", ")
        }
        other => settings::text(other),
    }
}
