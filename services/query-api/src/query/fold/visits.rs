//! Splitting one person's events into sessions.

use std::collections::HashMap;

/// The places of one person's events in their order: by time, then by uuid.
pub(crate) fn in_order(events: impl IntoIterator<Item = (i64, u128)>) -> Vec<usize> {
    let mut places: Vec<(i64, u128, usize)> = events
        .into_iter()
        .enumerate()
        .map(|(place, (at, uuid))| (at, uuid, place))
        .collect();
    places.sort_unstable();
    places.into_iter().map(|(_, _, place)| place).collect()
}

/// For each of one person's events, in time order, the index of its session;
/// sessions are counted in the order of their first events.
///
/// An event with a session id (here its hash; 0 = none) belongs to that
/// session, gaps or not; those without are split among themselves, by more
/// than `gap_ms` of silence.
pub(crate) fn split(events: impl IntoIterator<Item = (i64, u64)>, gap_ms: i64) -> Vec<usize> {
    let mut sessions = 0;
    let mut named: HashMap<u64, usize> = HashMap::new();
    // The id before: most events have the same.
    let mut last_named = (0, 0);
    let mut unnamed: Option<(usize, i64)> = None;
    let mut indexes = Vec::new();
    for (at, id) in events {
        let index = if id == 0 {
            let index = match unnamed {
                Some((index, last)) if at - last <= gap_ms => index,
                _ => next(&mut sessions),
            };
            unnamed = Some((index, at));
            index
        } else {
            if id != last_named.0 {
                last_named = (id, *named.entry(id).or_insert_with(|| next(&mut sessions)));
            }
            last_named.1
        };
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
        assert_eq!(split([(0, 0), (30, 0), (61, 0)], 30), [0, 0, 1]);
    }

    #[test]
    fn events_with_an_id_stay_together_and_do_not_bridge_the_others() {
        let events = [(0, 0), (20, 7), (40, 0), (500, 7), (510, 8)];
        assert_eq!(split(events, 30), [0, 1, 2, 1, 3]);
    }

    #[test]
    fn ties_are_in_the_order_of_their_uuids() {
        assert_eq!(in_order([(5, 2), (5, 1), (1, 9)]), [2, 1, 0]);
    }
}
