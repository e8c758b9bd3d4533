use crate::{AuditError, Examples, Ranking, Suspects};

/// All examples as CSV, the most suspicious first, those without a score at the end: `rank` (empty without a score), `id`,
/// `given_label`, `suggested_label`, `probably_mislabelled` (1 or 0), and every score of the table. What is undefined, or was not
/// measured, is empty; what is infinite is `inf`. The true labels are not written.
///
/// # Errors
/// [`AuditError::Csv`].
pub fn to_csv(examples: &Examples, ranking: &Ranking, suspects: Option<&Suspects>) -> Result<Vec<u8>, AuditError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let own = ["rank", "id", "given_label", "suggested_label", "probably_mislabelled"];
    let names = examples.scores.iter().map(|(name, _)| name.as_str());
    writer.write_record(own.into_iter().chain(names))?;
    let mut ranks: Vec<Option<usize>> = vec![None; examples.len()];
    for (rank, &place) in ranking.order.iter().enumerate() {
        ranks[place] = Some(rank + 1);
    }
    let unranked = (0..examples.len()).filter(|&place| ranks[place].is_none());
    let suggested = examples.suggested();
    for place in ranking.order.iter().copied().chain(unranked) {
        let own = [
            text(ranks[place]),
            examples.ids[place].to_string(),
            text(examples.given.as_ref().map(|given| given[place])),
            text(suggested.as_ref().and_then(|suggested| suggested[place])),
            text(suspects.map(|suspects| u8::from(suspects.flags[place]))),
        ];
        writer.write_record(own.into_iter().chain(examples.scores.iter().map(|(_, values)| text(values[place]))))?;
    }
    writer.into_inner().map_err(|error| AuditError::Csv(error.into_error().into()))
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Measure, rank};
    use consilience_record::{Cells, Column};

    #[test]
    fn every_example_has_a_row_and_the_truth_none() {
        let columns = vec![
            Column::new("id", Cells::Ids(vec![10, 11, 12])),
            Column::new("given_label", Cells::Classes(vec![4, 5, 6])),
            Column::new("true_label", Cells::Classes(vec![9, 9, 9])),
            Column::new("corrupt", Cells::Flags(vec![true; 3])),
            Column::new("aum", Cells::Numbers(vec![Some(0.25), None, Some(-1.5)])),
            Column::new("learnt_first", Cells::Numbers(vec![Some(3.0), None, Some(f64::INFINITY)])),
        ];
        let examples = Examples::from_columns(columns).unwrap();
        let ranking = rank(&examples, Measure::named("aum").unwrap());
        let suspects = Suspects::find(&examples);
        let csv = String::from_utf8(to_csv(&examples, &ranking, suspects.as_ref()).unwrap()).unwrap();
        let expected = "rank,id,given_label,suggested_label,probably_mislabelled,aum,learnt_first\n\
                        1,12,6,,1,-1.5,inf\n2,10,4,,0,0.25,3\n,11,5,,0,,\n";
        assert_eq!(csv, expected);
    }
}
