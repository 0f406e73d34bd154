//! Bklit's paths: contract §1.2.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use uuid::Uuid;

use crate::answers::bklit::answer;
use crate::app::Services;
use crate::decode::bklit::ReportKind;
use crate::intake::{self, Form};

pub(super) fn page_view() -> MethodRouter<Arc<Services>> {
    taking(ReportKind::PageView)
}

pub(super) fn event() -> MethodRouter<Arc<Services>> {
    taking(ReportKind::Event)
}

pub(super) fn session_end() -> MethodRouter<Arc<Services>> {
    taking(ReportKind::SessionEnd)
}

fn taking(kind: ReportKind) -> MethodRouter<Arc<Services>> {
    post(
        async move |State(services): State<Arc<Services>>, request: Request| -> Response {
            let queued_id = queued_id(services.clock.now_ms());
            let form = Form::Bklit {
                kind,
                queued_id: queued_id.clone(),
            };
            answer(
                intake::take(&services, request, form).await,
                kind,
                &queued_id,
            )
        },
    )
}

/// `evt_<ms>_<rand>`: nine characters of base 36.
fn queued_id(now_ms: i64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut random = Uuid::new_v4().as_u128();
    let mut id = format!("evt_{now_ms}_");
    for _ in 0..9 {
        let digit = usize::try_from(random % 36).unwrap_or(0);
        id.push(DIGITS.get(digit).copied().map_or('0', char::from));
        random /= 36;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_ids_have_their_form_and_differ() {
        let id = queued_id(1_700_000_000_000);
        let random = id.strip_prefix("evt_1700000000000_").unwrap();
        assert_eq!(random.len(), 9);
        assert!(
            random
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
        );
        assert_ne!(id, queued_id(1_700_000_000_000));
    }
}
