//! Projects by the names that other systems use for them.

use std::collections::HashMap;

use event_schema::ids::ProjectId;
use uuid::Uuid;

use super::{Store, StoreError};

impl Store {
    /// The projects that `names` mean: each an id, a slug or an alias. Names
    /// that mean none are not in the answer.
    ///
    /// # Errors
    /// [`StoreError`].
    #[tracing::instrument(name = "db.projects.named", skip_all)]
    pub async fn projects_named(
        &self,
        names: &[String],
    ) -> Result<HashMap<String, ProjectId>, StoreError> {
        let texts: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| !name.contains('\0'))
            .collect();
        // A slug or alias that looks like an id comes before the id: it was given on purpose.
        let rows: Vec<(String, Uuid)> = sqlx::query_as(
            "SELECT DISTINCT ON (n.name) n.name, found.id
               FROM unnest($1::text[]) AS n(name)
               JOIN LATERAL (
                    SELECT 1 AS rank, p.id FROM accounts.projects p WHERE p.slug = n.name
                    UNION ALL SELECT 2, a.project_id FROM accounts.project_aliases a WHERE a.alias = n.name
                    UNION ALL SELECT 3, p.id FROM accounts.projects p WHERE p.id::text = lower(n.name)) found ON true
              ORDER BY n.name, found.rank",
        )
        .bind(texts)
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(name, id)| (name, ProjectId(id)))
            .collect())
    }
}
