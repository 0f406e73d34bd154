//! Splitting one person's events into sessions.

use std::collections::HashMap;

/// For each of one person's events, in time order, the index of its session;
/// sessions are counted in the order of their first events.
///
/// An event with a session id belongs to that session, gaps or not; those
/// without are split among themselves, by more than `gap_ms` of silence.
pub(crate) fn split<'a>(
    events: impl IntoIterator<Item = (i64, &'a str)>,
    gap_ms: i64,
) -> Vec<usize> {
    let mut sessions = 0;
    let mut named: HashMap<&str, usize> = HashMap::new();
    let mut unnamed: Option<(usize, i64)> = None;
    let mut indexes = Vec::new();
    for (at, id) in events {
        let index = if id.is_empty() {
            match unnamed {
                Some((index, last)) if at - last <= gap_ms => index,
                _ => next(&mut sessions),
            }
        } else {
            *named.entry(id).or_insert_with(|| next(&mut sessions))
        };
        if id.is_empty() {
            unnamed = Some((index, at));
        }
        indexes.push(index);
    }
    indexes
}

fn next(sessions: &mut usize) -> usize {
    *sessions += 1;
    *sessions - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_gap_does_not_split_and_more_does() {
        assert_eq!(split([(0, ""), (30, ""), (61, "")], 30), [0, 0, 1]);
    }

    #[test]
    fn events_with_an_id_stay_together_and_do_not_bridge_the_others() {
        let events = [(0, ""), (20, "a"), (40, ""), (500, "a"), (510, "b")];
        assert_eq!(split(events, 30), [0, 1, 2, 1, 3]);
    }
}
