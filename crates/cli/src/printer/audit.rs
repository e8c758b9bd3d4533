//! What an audit prints: the most suspicious examples, how many are suspected, and how well they were found.

use super::{number, percent, table};
use consilience_audit::{Evaluation, Examples, Measure, Ranking, Suspects};

/// Scores that are shown beside the one that ranks, where the run has them.
const BESIDE: [&str; 8] = [
    "held_out_margin",
    "held_out_probability",
    "agreement",
    "aum",
    "el2n",
    "grand",
    "self_influence",
    "forgetting_events",
];

/// A table of the first `top` examples of the ranking.
pub fn most_suspicious(
    examples: &Examples,
    ranking: &Ranking,
    suspects: Option<&Suspects>,
    top: usize,
    width: usize,
) -> String {
    let beside = BESIDE.iter().filter(|&&name| name != ranking.by.column && examples.score(name).is_some());
    let measures: Vec<Measure> =
        std::iter::once(ranking.by).chain(beside.filter_map(|name| Measure::named(name))).collect();
    let suggested = examples.suggested();
    let mut header = vec!["rank", "id"];
    header.extend(examples.given.as_ref().map(|_| "given\nlabel"));
    header.extend(suggested.as_ref().map(|_| "suggested\nlabel"));
    header.extend(suspects.map(|_| "probably\nmislabelled"));
    header.extend(measures.iter().map(|measure| measure.heading));
    let row = |(rank, &place): (usize, &usize)| {
        let class = |label: Option<u32>| label.map_or_else(|| "-".to_owned(), |label| label.to_string());
        let mut row = vec![(rank + 1).to_string(), examples.ids[place].to_string()];
        row.extend(examples.given.as_ref().map(|given| class(Some(given[place]))));
        row.extend(suggested.as_ref().map(|suggested| class(suggested[place])));
        row.extend(suspects.map(|suspects| if suspects.flags[place] { "yes" } else { "no" }.to_owned()));
        row.extend(measures.iter().map(|measure| {
            let value = examples.score(measure.column).and_then(|score| score[place]);
            value.map_or_else(|| "-".to_owned(), shown)
        }));
        row
    };
    let rows: Vec<Vec<String>> = ranking.order.iter().take(top).enumerate().map(row).collect();
    table(&header, &rows, width, 0)
}

fn shown(value: f64) -> String {
    if value.is_infinite() {
        "never learnt".to_owned()
    } else if value.fract() == 0.0 && value.abs() < 1e6 {
        format!("{value:.0}")
    } else {
        number(value)
    }
}

/// How many examples are suspected, and why.
pub fn about_suspects(suspects: Option<&Suspects>, examples: usize) -> String {
    let Some(suspects) = suspects else {
        return "These scores rank examples but have no value from which on one is probably mislabelled: add \"aum\" and \
                \"prediction\" to the scores of the run, or audit its configuration file."
            .to_owned();
    };
    let count = suspects.count();
    format!(
        "{count} of {examples} examples ({}) are probably mislabelled: those where {}.",
        percent(count as f64 / examples.max(1) as f64),
        suspects.rule.reason()
    )
}

/// How well the wrong labels were found: a heading, a table of the measures, and sentences.
pub fn against_truth(evaluation: &Evaluation, by: Measure, width: usize) -> (String, String, Vec<String>) {
    let Evaluation { corrupt, examples, areas, precision_at, flagged, suggestions } = evaluation;
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), percent);
    let heading = format!(
        "Compared with the true labels, from which {corrupt} of {examples} given ones differ ({}); nothing above has read them:",
        percent(*corrupt as f64 / *examples as f64)
    );
    let rows: Vec<Vec<String>> = areas
        .iter()
        .map(|(measure, area)| {
            let ranks = if measure.column == by.column { "ranks" } else { "" };
            vec![
                measure.column.to_owned(),
                area.map_or_else(|| "-".to_owned(), |area| format!("{area:.4}")),
                ranks.to_owned(),
            ]
        })
        .collect();
    let mut sentences: Vec<String> = precision_at
        .iter()
        .map(|(count, precision)| {
            let wrong = if count == corrupt { ", as many as are wrong" } else { "" };
            format!("Of the {count} most suspicious{wrong}: {} have a wrong label.", share(*precision))
        })
        .collect();
    if let Some(flagged) = flagged {
        sentences.push(format!(
            "Of those that are probably mislabelled {} have a wrong label (precision); of the wrong labels {} are among them (recall).",
            share(flagged.precision),
            share(flagged.recall)
        ));
    }
    if let Some(suggestions) = suggestions {
        sentences
            .push(format!("The suggested label is the true one for {} of the wrong labels.", percent(*suggestions)));
    }
    (heading, table(&["score", "area under\nROC curve", ""], &rows, width, 1), sentences)
}
