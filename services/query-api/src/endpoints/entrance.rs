//! From a caller and the names it uses to the one project it is let into.

use super::AppState;
use super::input::Input;
use event_schema::ids::ProjectId;
use identity::access::Need;
use identity::{AccessError, Caller};
use service_kit::http::{ApiError, FieldError};

/// The project that `caller` is let into. `names` are all the places where the
/// request may name one: each name that is there must lead to the same
/// project.
pub(super) async fn enter<N: Need>(
    state: &AppState,
    caller: &Caller,
    names: &[Option<&str>],
) -> Result<ProjectId, ApiError> {
    let mut given: Vec<&str> = names.iter().copied().flatten().collect();
    given.dedup();
    let (first, others) = match given.split_first() {
        Some((first, others)) => (Some(*first), others),
        None => (None, &[][..]),
    };
    let project = one::<N>(state, caller, first).await?;
    for other in others {
        if one::<N>(state, caller, Some(other)).await? != project {
            return Err(ApiError::invalid(vec![FieldError::at(
                "project_id",
                "conflict",
                "the request names two projects",
            )]));
        }
    }
    Ok(project)
}

/// The same, by the `project_id` of each part of a request that may carry one,
/// which is taken out of it.
pub(super) async fn enter_by<N: Need>(
    state: &AppState,
    caller: &Caller,
    parts: [&mut Input; 2],
) -> Result<ProjectId, ApiError> {
    let names = parts.map(|part| part.text("project_id"));
    enter::<N>(state, caller, &names.each_ref().map(Option::as_deref)).await
}

async fn one<N: Need>(
    state: &AppState,
    caller: &Caller,
    name: Option<&str>,
) -> Result<ProjectId, AccessError> {
    let access = state
        .authority
        .project(caller, name, N::SCOPE, N::PERMISSION)
        .await?;
    Ok(access.project_id())
}
