-- Dashboards: an ordered list of widgets, each a query.
CREATE TABLE dashboards (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- JSON: [{"type","params",…}]. Text for the same reasons as jobs.params.
    layout text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE INDEX dashboards_of_project ON dashboards (project_id, created_at, id);

-- Links under which anybody may read a dashboard. Only the token's hash is
-- kept; revoking deletes the row.
CREATE TABLE dashboard_shares (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    dashboard_id uuid NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL
);

CREATE INDEX dashboard_shares_of_dashboard ON dashboard_shares (dashboard_id);
