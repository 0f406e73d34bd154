//! Charts made of characters.

/// Eighths of a character's width, and of its height.
const ACROSS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const UP: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A horizontal bar: `value` of `largest`, at most `width` characters long.
/// Anything above zero is visible.
pub(crate) fn bar(value: f64, largest: f64, width: usize) -> String {
    if value <= 0.0 || largest <= 0.0 {
        return String::new();
    }
    let eighths = steps(value / largest, width * 8).max(1);
    let mut text: String = std::iter::repeat_n(ACROSS[7], eighths / 8).collect();
    if !eighths.is_multiple_of(8) {
        text.push(ACROSS[eighths % 8 - 1]);
    }
    text
}

/// One character a value, its height in proportion to the largest.
pub(crate) fn sparkline(values: &[f64]) -> String {
    let largest = values.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return std::iter::repeat_n(UP[0], values.len()).collect();
    }
    values
        .iter()
        .map(|value| UP[steps((value / largest).max(0.0), 7).min(7)])
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a number of characters between 0 and the width of a terminal"
)]
fn steps(fraction: f64, all: usize) -> usize {
    (fraction.clamp(0.0, 1.0) * all as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_never_vanish() {
        assert_eq!(bar(10.0, 10.0, 4), "████");
        assert_eq!(bar(5.0, 10.0, 4), "██");
        assert_eq!(bar(0.001, 10.0, 4), "▏");
        assert_eq!(bar(0.0, 10.0, 4), "");
        assert_eq!(bar(3.0, 16.0, 4), "▊");
    }

    #[test]
    fn sparklines_rise_and_fall() {
        assert_eq!(sparkline(&[0.0, 5.0, 10.0]), "▁▅█");
        assert_eq!(sparkline(&[0.0, 0.0]), "▁▁");
        assert_eq!(sparkline(&[]), "");
    }
}
