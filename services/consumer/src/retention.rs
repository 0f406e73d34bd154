//! Retention as a job of its own: by default nothing is ever deleted.

use std::time::Duration;

use event_schema::ids::ProjectId;
use service_kit::Clock;
use tokio_util::sync::CancellationToken;
use warehouse::Warehouse;
use warehouse::retention::Expired;

use crate::config::RetentionConfig;
use crate::metrics;

const DAY_MS: i64 = 86_400_000;
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(60);

/// A project's id in the configuration cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("consumer.retention.projects: {0} is no project id")]
pub struct UnknownProject(String);

/// What is to go at `now` (ms since the epoch), whole days of UTC.
///
/// # Errors
/// When a project's id cannot be read.
pub fn expired(config: &RetentionConfig, now: i64) -> Result<Vec<Expired>, UnknownProject> {
    let today = now.div_euclid(DAY_MS);
    let before = |days: u32| (today - i64::from(days)) * DAY_MS;
    let mut except = Vec::with_capacity(config.projects.len());
    let mut rules = Vec::new();
    for (id, days) in &config.projects {
        let project: ProjectId = id.parse().map_err(|_| UnknownProject(id.clone()))?;
        except.push(project);
        if *days > 0 {
            let rule = Expired {
                project: Some(project),
                except: Vec::new(),
                before: before(*days),
            };
            rules.push(rule);
        }
    }
    if config.days > 0 {
        rules.push(Expired {
            project: None,
            except,
            before: before(config.days),
        });
    }
    Ok(rules)
}

/// Deletes what has expired, now and at intervals, until it is told to stop.
///
/// # Errors
/// When the configuration names a project that cannot be read.
pub async fn run(
    warehouse: Warehouse,
    config: RetentionConfig,
    clock: Clock,
    stop: CancellationToken,
) -> Result<(), UnknownProject> {
    while !stop.is_cancelled() {
        let mut pause = config.interval;
        for rule in expired(&config, clock.now_ms())? {
            match stop
                .run_until_cancelled(warehouse.remove_expired(&rule))
                .await
            {
                None | Some(Ok(0)) => {}
                Some(Ok(rows)) => {
                    metrics::REMOVED.count(&[]).increment(rows);
                    tracing::info!(rows, before = rule.before, project = ?rule.project, "removed what had expired");
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "retention will be tried again");
                    pause = RETRY;
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn nothing_goes_by_default() {
        assert!(expired(&RetentionConfig::default(), 0).unwrap().is_empty());
    }

    #[test]
    fn a_projects_own_rule_wins() {
        let (kept, short) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let config = RetentionConfig {
            days: 30,
            projects: BTreeMap::from([(kept.to_string(), 0), (short.to_string(), 7)]),
            ..RetentionConfig::default()
        };
        let rules = expired(&config, 100 * DAY_MS + 5).unwrap();
        assert_eq!(
            rules,
            [
                Expired {
                    project: Some(ProjectId(short)),
                    except: Vec::new(),
                    before: 93 * DAY_MS
                },
                Expired {
                    project: None,
                    except: vec![ProjectId(kept), ProjectId(short)],
                    before: 70 * DAY_MS
                },
            ]
        );
    }

    #[test]
    fn a_name_that_is_no_id_is_refused() {
        let config = RetentionConfig {
            projects: BTreeMap::from([("shop".to_owned(), 7)]),
            ..RetentionConfig::default()
        };
        assert!(expired(&config, 0).is_err());
    }
}
