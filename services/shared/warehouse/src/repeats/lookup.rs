//! Settling suspicions: is this event in the table already, and where?

use std::collections::{BTreeMap, BTreeSet, HashMap};

use clickhouse::Row;
use event_schema::ids::ProjectId;
use serde::Deserialize;
use uuid::Uuid;

use crate::{EventRow, LogPosition, Warehouse, WarehouseError};

/// Ids asked for in one statement.
const IDS_MAX: usize = 10_000;
const DAY_MS: i64 = 86_400_000;

/// An event that may be stored already.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Suspect {
    /// Its project.
    pub project_id: ProjectId,
    /// Its id.
    pub uuid: Uuid,
    /// Hash of project and `distinct_id`.
    pub person_id: u64,
    /// Its own time, ms since the epoch.
    pub timestamp: i64,
}

impl From<&EventRow> for Suspect {
    fn from(row: &EventRow) -> Self {
        Self {
            project_id: row.project_id,
            uuid: row.uuid,
            person_id: row.person_id,
            timestamp: row.timestamp,
        }
    }
}

/// Where the first copy of an event stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The log.
    pub log_id: String,
    /// The position in it.
    pub position: LogPosition,
}

/// Identities that were found, as (project, person, uuid).
pub type Found = HashMap<(ProjectId, u64, Uuid), Vec<Original>>;

#[derive(Row, Deserialize)]
struct FoundRow {
    #[serde(with = "clickhouse::serde::uuid")]
    project_id: Uuid,
    #[serde(with = "clickhouse::serde::uuid")]
    uuid: Uuid,
    person_id: u64,
    log_id: String,
    partition: u32,
    offset: u64,
}

const COLUMNS: &str = "SELECT project_id, uuid, person_id, CAST(log_id, 'String') AS log_id, \
     kafka_partition AS partition, kafka_offset AS offset FROM events";

impl Warehouse {
    /// Where the events of these identities stand, if anywhere. First by
    /// project, day (± 1), person and id, which the primary key answers; what
    /// that does not find, by id over the whole project: a client's retry may
    /// carry another time.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn look_up(&self, suspects: &[Suspect]) -> Result<Found, WarehouseError> {
        let mut found = Found::new();
        let mut by_project: BTreeMap<ProjectId, Vec<&Suspect>> = BTreeMap::new();
        for suspect in suspects {
            by_project
                .entry(suspect.project_id)
                .or_default()
                .push(suspect);
        }
        for (project, suspects) in by_project {
            for suspects in suspects.chunks(IDS_MAX) {
                self.look_up_days(project, suspects, &mut found).await?;
                let missing: Vec<&Suspect> = suspects
                    .iter()
                    .copied()
                    .filter(|s| !found.contains_key(&(s.project_id, s.person_id, s.uuid)))
                    .collect();
                if !missing.is_empty() {
                    self.look_up_ids(project, &missing, &mut found).await?;
                }
            }
        }
        Ok(found)
    }

    async fn look_up_days(
        &self,
        project: ProjectId,
        suspects: &[&Suspect],
        found: &mut Found,
    ) -> Result<(), WarehouseError> {
        let days: BTreeSet<u16> = suspects
            .iter()
            .flat_map(|suspect| {
                let day = suspect.timestamp.div_euclid(DAY_MS);
                [day - 1, day, day + 1]
            })
            .filter_map(|day| u16::try_from(day).ok())
            .collect();
        let persons: BTreeSet<u64> = suspects.iter().map(|suspect| suspect.person_id).collect();
        let ids: Vec<Uuid> = suspects.iter().map(|suspect| suspect.uuid).collect();
        let text = format!(
            "{COLUMNS} PREWHERE project_id = {{project:UUID}} \
             AND toDate(timestamp) IN {{days:Array(Date)}} \
             AND person_id IN {{persons:Array(UInt64)}} AND uuid IN {{ids:Array(UUID)}}"
        );
        let rows = self
            .statement(&text)
            .bind("project", project.0.to_string())
            .bind("days", dates(&days))
            .bind("persons", persons)
            .bind("ids", texts(&ids))
            .rows()
            .await?;
        collect(rows, found);
        Ok(())
    }

    async fn look_up_ids(
        &self,
        project: ProjectId,
        suspects: &[&Suspect],
        found: &mut Found,
    ) -> Result<(), WarehouseError> {
        let ids: Vec<Uuid> = suspects.iter().map(|suspect| suspect.uuid).collect();
        let text = format!(
            "{COLUMNS} PREWHERE project_id = {{project:UUID}} AND uuid IN {{ids:Array(UUID)}}"
        );
        let rows = self
            .statement(&text)
            .bind("project", project.0.to_string())
            .bind("ids", texts(&ids))
            .rows()
            .await?;
        collect(rows, found);
        Ok(())
    }
}

fn collect(rows: Vec<FoundRow>, found: &mut Found) {
    for row in rows {
        let identity = (ProjectId(row.project_id), row.person_id, row.uuid);
        found.entry(identity).or_default().push(Original {
            log_id: row.log_id,
            position: LogPosition {
                partition: row.partition,
                offset: row.offset,
            },
        });
    }
}

fn texts(ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(Uuid::to_string).collect()
}

/// Days since the epoch as dates in text.
fn dates(days: &BTreeSet<u16>) -> Vec<String> {
    days.iter()
        .map(|day| {
            let text = event_schema::envelope::format_instant(i64::from(*day) * DAY_MS);
            String::from_utf8_lossy(text.get(..10).unwrap_or_default()).into_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_dates() {
        assert_eq!(
            dates(&BTreeSet::from([0, 19_000])),
            ["1970-01-01", "2022-01-08"]
        );
    }
}
