//! Items that other producers put on the Redis list: `LPUSH analytics:queue` is
//! all that they know.
//!
//! Each becomes an envelope as capture would have made it, and from there on
//! goes the way of any other event. What cannot be read, and what names no
//! project of ours, goes to the failed list with its reason.

use std::collections::BTreeMap;

use chrono::Utc;
use service_kit::config::PostgresConfig;
use service_kit::entry::StartError;
use tokio_util::sync::CancellationToken;
use transport::redis_list::FORMAT_HEADER;
use transport::{Delivery, Position};
use warehouse::EventRow;

mod item;
mod place;
mod projects;

use crate::process::{Processor, Undecodable};
use item::Item;
use projects::Projects;

/// What items of other producers became, by their position.
pub type Rows = BTreeMap<Position, Result<EventRow, Undecodable>>;

/// Reads items of other producers.
#[derive(Debug)]
pub struct Foreign {
    projects: Projects,
}

impl Foreign {
    /// A reader that looks projects up in `postgres`, when it has to.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn new(postgres: &PostgresConfig) -> Result<Self, StartError> {
        Ok(Self {
            projects: Projects::new(postgres)?,
        })
    }

    /// The rows of those `deliveries` that other producers made. While nobody
    /// can say whose an item is, because PostgreSQL is away, it is waited for;
    /// `None` when `stop` comes first.
    pub async fn rows(
        &self,
        processor: &Processor,
        deliveries: &[Delivery],
        stop: &CancellationToken,
    ) -> Option<Rows> {
        let foreign = deliveries
            .iter()
            .filter(|delivery| delivery.header(FORMAT_HEADER).is_some());
        let read: Vec<(&Delivery, Result<Item<'_>, Undecodable>)> = foreign
            .map(|delivery| (delivery, Item::parse(&delivery.payload)))
            .collect();
        if read.is_empty() {
            return Some(Rows::new());
        }
        let items = read.iter().filter_map(|(_, item)| item.as_ref().ok());
        let names = items.map(|item| item.project.to_string()).collect();
        let known = self.projects.resolve(names, stop).await?;
        let rows = read.into_iter().map(|(delivery, item)| {
            let row = item.and_then(|item| {
                let project = known.get(item.project.as_ref()).copied();
                let project = project.ok_or_else(|| item.of_no_project())?;
                row(processor, &item, project, delivery)
            });
            (delivery.position, row)
        });
        Some(rows.collect())
    }
}

fn row(
    processor: &Processor,
    item: &Item<'_>,
    project: event_schema::ids::ProjectId,
    delivery: &Delivery,
) -> Result<EventRow, Undecodable> {
    let queued_at = delivery.appended_at.min(Utc::now()).timestamp_millis();
    let envelope = item.envelope(project, queued_at)?;
    let mut row = processor.row(&envelope.into())?;
    place::derive(&mut row);
    Ok(row)
}
