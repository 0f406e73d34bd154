use super::*;
use crate::query::model::Order;

fn rules(steps: usize, window_ms: i64, exclusions: &[(usize, usize)]) -> Rules {
    Rules {
        steps,
        window_ms,
        order: Order::Ordered,
        exclusions: exclusions.to_vec(),
    }
}

fn chain(rules: &Rules, events: &[(i64, u32, u32)]) -> Vec<i64> {
    let person = Person::new(events.iter().copied(), rules.exclusions.len(), false);
    best_chain(rules, &person)
}

#[test]
fn a_failed_early_attempt_does_not_spoil_a_later_one() {
    let events = [(0, 1, 0), (100, 1, 0), (105, 2, 0)];
    assert_eq!(chain(&rules(2, 10, &[]), &events), [100, 105]);
}

#[test]
fn the_window_is_inclusive_and_counts_from_the_first_step() {
    assert_eq!(chain(&rules(2, 10, &[]), &[(0, 1, 0), (10, 2, 0)]), [0, 10]);
    assert_eq!(chain(&rules(2, 10, &[]), &[(0, 1, 0), (11, 2, 0)]), [0]);
    let three = [(0, 1, 0), (6, 2, 0), (12, 4, 0)];
    assert_eq!(chain(&rules(3, 10, &[]), &three), [0, 6]);
}

#[test]
fn equal_times_may_be_taken_in_either_order_but_by_different_events() {
    assert_eq!(chain(&rules(2, 10, &[]), &[(5, 2, 0), (5, 1, 0)]), [5, 5]);
    assert_eq!(chain(&rules(2, 10, &[]), &[(5, 3, 0)]), [5]);
    assert_eq!(
        chain(&rules(3, 10, &[]), &[(1, 1, 0), (5, 4, 0), (5, 2, 0)]),
        [1, 5, 5]
    );
}

#[test]
fn the_first_best_chain_has_the_earliest_times() {
    let events = [(0, 1, 0), (1, 1, 0), (5, 2, 0), (6, 2, 0), (20, 1, 0)];
    assert_eq!(chain(&rules(2, 10, &[]), &events), [0, 5]);
}

#[test]
fn an_exclusion_spoils_that_attempt_only() {
    let one = rules(2, 100, &[(0, 1)]);
    assert_eq!(chain(&one, &[(0, 1, 0), (5, 0, 1), (9, 2, 0)]), [0]);
    assert_eq!(
        chain(&one, &[(0, 1, 0), (5, 0, 1), (6, 1, 0), (9, 2, 0)]),
        [6, 9]
    );
    // A tie does not exclude.
    assert_eq!(chain(&one, &[(0, 1, 0), (9, 0, 1), (9, 2, 0)]), [0, 9]);
    assert_eq!(chain(&one, &[(0, 0, 1), (0, 1, 0), (9, 2, 0)]), [0, 9]);
}

#[test]
fn a_later_second_step_may_avoid_an_exclusion() {
    let between = rules(3, 100, &[(1, 2)]);
    let events = [(0, 1, 0), (1, 2, 0), (5, 0, 1), (6, 2, 0), (7, 4, 0)];
    assert_eq!(chain(&between, &events), [0, 6, 7]);
}

#[test]
fn starts_that_complete_are_all_found() {
    let person = Person::new([(0, 1, 0), (5, 1, 0), (8, 2, 0), (30, 1, 0)], 0, false);
    assert_eq!(complete_starts(&rules(2, 10, &[]), &person), [0, 5]);
    assert_eq!(complete_starts(&rules(2, 4, &[]), &person), [5]);
}
