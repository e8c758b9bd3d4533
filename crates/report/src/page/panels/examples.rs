//! The training examples that look mislabelled, as pictures.

use super::{Section, run_choice};
use crate::page::data::Data;
use crate::page::document::Page;
use crate::page::examples::{Examples, Ranking};
use crate::page::number::{count, percent, plain};
use crate::page::run::{Extra, Run};
use maud::{Markup, html};

pub(super) fn panel(page: &Page<'_>, data: &mut Data) -> Option<Section> {
    let mut bodies = Vec::new();
    let mut runs = Vec::new();
    for (index, run) in page.runs.iter().enumerate() {
        let Some(examples) = &run.examples else { continue };
        if run.rankings.is_empty() {
            continue;
        }
        runs.push(index);
        bodies.push(of_run(index, run, examples, runs.len() == 1, data));
    }
    if runs.is_empty() {
        return None;
    }
    Some(Section {
        id: "examples",
        title: "Most suspicious training examples".to_owned(),
        short: "Examples",
        lead: Some("Those whose given label training found hardest to reconcile with the other examples.".to_owned()),
        body: html! {
            (run_choice(page, "examples", &runs))
            @for body in &bodies { (body) }
        },
    })
}

fn of_run(index: usize, run: &Run, examples: &Examples, is_first: bool, data: &mut Data) -> Markup {
    let most = run.suspects_each();
    if let Some(pictures) = run.pictures.here() {
        for row in run.suspects() {
            if let Some(address) = pictures.of_rows.get(&row).and_then(super::super::pictures::Picture::address) {
                data.add_picture(format!("{index}-{row}"), address);
            }
        }
    }
    html! {
        div.suspects data-run=(index) hidden[!is_first] {
            @if let Extra::Missing(reason) = &run.pictures { p.notice { "No pictures: " (reason) } }
            @if run.rankings.len() > 1 {
                div.rankings role="group" aria-label="Order" {
                    @for (place, ranking) in run.rankings.iter().enumerate() {
                        button type="button" aria-pressed=(if place == 0 { "true" } else { "false" }) data-ranking=(place) { code { (ranking.name) } }
                    }
                }
            }
            @for (place, ranking) in run.rankings.iter().enumerate() {
                div.ranking data-ranking=(place) hidden[place > 0] {
                    p.meaning { (ranking.meaning) (found(ranking, examples, most)) }
                    ol.cards {
                        @for (rank, row) in ranking.rows.iter().take(most).enumerate() { (card(index, run, examples, ranking, rank, *row)) }
                    }
                }
            }
        }
    }
}

/// How many of the first are really mislabelled, where that is known.
fn found(ranking: &Ranking, examples: &Examples, most: usize) -> String {
    if !examples.has_corrupt() {
        return String::new();
    }
    let rows = &ranking.rows[..ranking.rows.len().min(most)];
    let is_corrupt = |row: &&usize| examples.corrupt.get(**row) == Some(&true);
    let wrong = rows.iter().filter(is_corrupt).count();
    let all = examples.corrupt.iter().filter(|corrupt| **corrupt).count();
    let share = percent(all as f64 / examples.corrupt.len() as f64);
    format!(". Of these {}, {wrong} are tagged wrong; of all training examples {share} are.", rows.len())
}

fn card(index: usize, run: &Run, examples: &Examples, ranking: &Ranking, rank: usize, row: usize) -> Markup {
    let is_wrong = examples.corrupt.get(row) == Some(&true);
    let is_tagged = examples.has_corrupt();
    let picture = run.pictures.here().and_then(|pictures| pictures.of_rows.get(&row));
    let id = examples.ids.get(row).copied().unwrap_or(row as u64);
    let score = examples.score(&ranking.name).and_then(|score| *score.get(row)?);
    let suggested = ranking.suggested.get(&row);
    html! {
        li.card.wrong[is_wrong] {
            @if let Some(picture) = picture {
                img data-picture={ (index) "-" (row) } width=(picture.width) height=(picture.height) alt={ "training example " (id) };
            }
            div.labels {
                @if let Some(given) = examples.given.get(row) { span { "labelled " b { (given) } } }
                @if let Some(suggested) = suggested { span { "looks like " b { (suggested) } } }
                @if is_wrong { @if let Some(truth) = examples.truth.get(row) { span.verdict { "truly " b { (truth) } } } }
                @else if is_tagged { span.verdict { "label is true" } }
            }
            div.small {
                span { (rank + 1) ". example " (count(id)) }
                @if let Some(score) = score { span title=(ranking.name) { @if score.is_finite() { (plain(score)) } @else { "never learnt" } } }
            }
        }
    }
}
