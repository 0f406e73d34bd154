//! What every transport must do, run on each of them.

mod cases;
mod kafka;
mod memory;
mod redis_list;

use std::sync::Arc;

use async_trait::async_trait;
use transport::{Consumer, Producer};

/// A transport of one test's own.
#[async_trait]
pub(crate) trait Subject: Send + Sync {
    /// Its producer, always the same.
    fn producer(&self) -> Arc<dyn Producer>;

    /// A new consumer, of the one group.
    async fn consumer(&self) -> Arc<dyn Consumer>;

    /// Takes the transport away, or brings it back.
    async fn set_down(&self, down: bool);
}

/// One test a case on a subject.
macro_rules! conformance {
    ($subject:expr) => {
        conformance!(
            $subject,
            keys_keep_their_order,
            what_was_produced_is_delivered,
            nothing_is_answered_without_a_wait,
            not_committed_is_delivered_again,
            committed_is_not_delivered_again,
            an_oversized_record_spoils_no_other,
            a_transient_error_is_followed_by_success,
            a_revoked_partition_is_handed_over_with_its_rest,
            flush_waits_for_everything,
            an_outage_ends_without_a_hand,
            a_slow_receiver_loses_nothing,
            paused_partitions_stand_still,
            nothing_after_close
        );
    };
    ($subject:expr, $($case:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let subject = $subject.await;
                crate::conformance::cases::$case(&subject).await;
            }
        )+
    };
}
pub(crate) use conformance;
