/// Whether `text` matches `pattern`, in which `*` stands for any run of characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(tail) = text.strip_prefix(head) else { return false };
    let starts = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
    starts.into_iter().any(|at| matches(rest, &tail[at..]))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_run() {
        assert!(matches("winsor_c1", "winsor_c1"));
        assert!(matches("*", ""));
        assert!(matches("winsor_*", "winsor_c8"));
        assert!(matches("*/plain_*", "lenet/plain_step"));
        assert!(!matches("winsor_c1", "winsor_c1/sort"));
        assert!(!matches("*/exact", "exact"));
        assert!(!matches("plain", "plain_step"));
    }
}
