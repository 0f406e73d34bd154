-- Saved insights: questions under a name, to be found again and put on dashboards.
CREATE TABLE saved_insights (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- JSON: one widget as dashboards.layout holds them. Text for the same reasons.
    widget text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE INDEX saved_insights_of_project ON saved_insights (project_id, updated_at, id);
