//! Which regular expressions are wrong without asking the engine.

/// What no engine takes: said by a parser whose grammar is wider in other
/// places, so that its other complaints mean nothing here.
const WRONG_EVERYWHERE: &[&str] = &[
    "unclosed group",
    "unopened group",
    "unclosed character class",
    "repetition operator missing expression",
    "look-around",
    "incomplete escape sequence",
    "backreferences are not supported",
    "invalid character class range",
];

/// What is wrong with a pattern, when that is certain. The engine (RE2) has
/// the last word on all others.
pub(super) fn fault_of(pattern: &str) -> Option<&'static str> {
    // A quoted stretch may hold anything.
    if pattern.contains("\\Q") {
        return None;
    }
    let said = regex::Regex::new(pattern).err()?.to_string();
    WRONG_EVERYWHERE
        .iter()
        .find(|fault| said.contains(**fault))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_faults_are_found_and_the_rest_is_left_to_the_engine() {
        for wrong in ["(", ")", "[a", "*a", "(?=a)", "\\", "(a)\\1", "[z-a]"] {
            assert!(fault_of(wrong).is_some(), "{wrong}");
        }
        for right in ["a|b", "^/p\\d+$", "\\Q(\\E", "a{2,3}", "é+"] {
            assert!(fault_of(right).is_none(), "{right}");
        }
    }
}
