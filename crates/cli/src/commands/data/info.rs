//! `consilience data info`.

use super::list::presence;
use super::{Listed, listed};
use crate::args::DataInfoArgs;
use crate::failure::{Failure, Stop};
use crate::printer::{Printer, plural, table};
use consilience_data::DataError;
use consilience_data::inspection::{Inspection, Part, inspect};

/// Columns of a bar.
const BAR: usize = 24;

/// Classes of which each gets a line; more of them get a character each.
const LINES: usize = 20;

/// Classes to a line of characters.
const TO_A_LINE: usize = 50;

/// Prints what is at the path.
pub fn info(args: &DataInfoArgs) -> Result<(), Stop> {
    let inspection = inspect(&args.path).map_err(|error| {
        let failure = Failure::new(error.to_string());
        match error {
            DataError::Unrecognised { .. } => failure.hint(
                "known are IDX (MNIST), the binary versions of CIFAR, SVHN's MATLAB files, Tiny-ImageNet's folders, Kaggle's \
                 facial keypoints and NumPy integers, plain, .gz or .zst",
            ),
            _ => match listed().find(|set| args.path.as_os_str() == set.name) {
                Some(Listed { name, .. }) => failure.hint(format!(
                    "name the file or folder it lies in; what {name} is, `consilience explain {name}` says"
                )),
                None => failure,
            },
        }
    })?;
    let mut printer = Printer::new();
    printer.line(&format!("{}: {}", args.path.display(), inspection.format))?;
    if !inspection.data_sets.is_empty() {
        printer.line("")?;
        let rows: Vec<Vec<String>> =
            inspection.data_sets.iter().map(|(name, here)| vec![(*name).to_owned(), presence(*here)]).collect();
        printer.line(&table(&["data set", "is there"], &rows, printer.width(), 2))?;
        return Ok(());
    }
    for part in &inspection.parts {
        printer.line("")?;
        facts(&mut printer, part)?;
    }
    labels(&mut printer, &inspection)?;
    problems(&mut printer, &inspection)?;
    Ok(())
}

/// Counts, shapes and statistics of a part.
fn facts(printer: &mut Printer, part: &Part) -> Result<(), Stop> {
    printer.line(&part.name)?;
    let mut fact = |name: &str, text: String| printer.line(&format!("  {name:<20}{text}"));
    fact(if part.shape.is_some() { "examples" } else { "numbers" }, part.examples.to_string())?;
    if let Some(shape) = part.shape {
        fact("shape", shape.to_string())?;
    }
    if !part.class_counts.is_empty() {
        fact("classes", part.class_counts.len().to_string())?;
    }
    if let Some(values) = part.values {
        let text = format!("{} each, from {} to {}", values.outputs, values.smallest, values.largest);
        fact("values", text)?;
        fact("all values known", plural(values.complete, "example"))?;
    }
    let channel = |value: fn(&consilience_data::inspection::ChannelSummary) -> f64| {
        let values = part.channels.iter().map(|channel| format!("{:.4}", value(channel)));
        values.collect::<Vec<_>>().join(", ")
    };
    if !part.channels.is_empty() {
        fact("mean", channel(|channel| channel.mean))?;
        fact("standard deviation", channel(|channel| channel.standard_deviation))?;
        fact("smallest, largest", {
            let smallest = part.channels.iter().map(|channel| channel.smallest).fold(f64::INFINITY, f64::min);
            let largest = part.channels.iter().map(|channel| channel.largest).fold(f64::NEG_INFINITY, f64::max);
            format!("{smallest:.4}, {largest:.4}")
        })?;
    }
    let names: Vec<String> = part
        .files
        .iter()
        .filter_map(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| *name != part.name)
        .collect();
    if !names.is_empty() {
        for (index, name) in names.iter().enumerate() {
            fact(if index == 0 { "files" } else { "" }, name.clone())?;
        }
    }
    Ok(())
}

/// How many examples each class has, the parts side by side.
fn labels(printer: &mut Printer, inspection: &Inspection) -> Result<(), Stop> {
    let parts: Vec<&Part> = inspection.parts.iter().filter(|part| !part.class_counts.is_empty()).collect();
    let classes = parts.iter().map(|part| part.class_counts.len()).max().unwrap_or(0);
    if classes == 0 {
        return Ok(());
    }
    if classes > LINES {
        for part in parts {
            printer.line("")?;
            characters(printer, part)?;
        }
        return Ok(());
    }
    // as many parts side by side as fit
    let fit = ((printer.width() - 8) / (BAR + 20)).max(1);
    for parts in parts.chunks(fit) {
        printer.line("")?;
        let mut header = vec!["label"];
        for part in parts {
            header.extend([part.name.as_str(), "", ""]);
        }
        let rows: Vec<Vec<String>> = (0..classes)
            .map(|class| {
                let mut row = vec![class.to_string()];
                for part in parts {
                    let count = part.class_counts.get(class).copied().unwrap_or(0);
                    let most = part.class_counts.iter().max().copied().unwrap_or(1).max(1);
                    let share = 100.0 * count as f64 / part.examples.max(1) as f64;
                    row.extend([count.to_string(), format!("{share:.1} %"), bar(count, most)]);
                }
                row
            })
            .collect();
        printer.line(&columns(&header, &rows))?;
    }
    Ok(())
}

/// Rows of a label, and of a count, a share and a bar for each part. Cells of a table would be cut to fit; these fit.
fn columns(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String], heads: bool| {
        let label = format!("{:>5}", cells.first().map_or("", String::as_str));
        let parts = cells.get(1..).unwrap_or_default().chunks(3).map(|part| match part {
            [name, ..] if heads => format!("   {name:<width$}", width = 16 + BAR),
            [count, share, bar] => format!("   {count:>6}  {share:>6}  {bar:<BAR$}"),
            _ => String::new(),
        });
        std::iter::once(label).chain(parts).collect::<String>().trim_end().to_owned()
    };
    let header: Vec<String> = header.iter().map(|head| (*head).to_owned()).collect();
    let lines = std::iter::once(line(&header, true)).chain(rows.iter().map(|row| line(row, false)));
    lines.collect::<Vec<_>>().join("\n")
}

/// A bar of up to [`BAR`] columns, to an eighth of a column.
fn bar(count: usize, most: usize) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let eighths = (8.0 * BAR as f64 * count as f64 / most as f64).round() as usize;
    // something is never shown as nothing
    let eighths = if count > 0 { eighths.max(1) } else { 0 };
    let mut bar = "█".repeat(eighths / 8);
    if eighths % 8 > 0 {
        bar.push(EIGHTHS[eighths % 8]);
    }
    bar
}

/// A character for each class.
fn characters(printer: &mut Printer, part: &Part) -> Result<(), Stop> {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = part.class_counts.iter().max().copied().unwrap_or(0);
    let least = part.class_counts.iter().min().copied().unwrap_or(0);
    printer.line(&format!("labels of the {}: {least} to {most} examples each", part.name))?;
    for (line, counts) in part.class_counts.chunks(TO_A_LINE).enumerate() {
        let level = |&count: &usize| match count {
            0 => ' ',
            count => LEVELS[(count * LEVELS.len()).div_ceil(most.max(1)).clamp(1, LEVELS.len()) - 1],
        };
        let bars: String = counts.iter().map(level).collect();
        printer.line(&format!("  {:>4} {bars} {}", line * TO_A_LINE, line * TO_A_LINE + counts.len() - 1))?;
    }
    Ok(())
}

fn problems(printer: &mut Printer, inspection: &Inspection) -> Result<(), Stop> {
    let of_parts = inspection
        .parts
        .iter()
        .flat_map(|part| part.problems.iter().map(|problem| format!("{}: {problem}", part.name)));
    let problems: Vec<String> = inspection.problems.iter().cloned().chain(of_parts).collect();
    printer.line("")?;
    if problems.is_empty() {
        printer.line("nothing is wrong with it")?;
    } else {
        printer.line("to be known")?;
        for problem in problems {
            printer.paragraph(&format!("- {problem}"), 2)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_counts() {
        assert_eq!(bar(0, 10), "");
        assert_eq!(bar(10, 10), "█".repeat(BAR));
        assert_eq!(bar(5, 10), "█".repeat(BAR / 2));
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(1, 16), "█▌");
    }
}
