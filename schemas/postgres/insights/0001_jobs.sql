-- Queries that run in the background. A job belongs to one project; nobody
-- else may see it.
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL,
    kind text NOT NULL,
    -- The request's params as they were sent. Text, not jsonb: numbers keep
    -- their digits, and a NUL in a string stays an escape.
    params text NOT NULL,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    progress real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    -- Who runs it, until when that is believed, and how often it was begun. A
    -- lease is a fresh number for each beginning: only its holder may write.
    lease uuid,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    -- The name of its statements in the engine, for progress and for stopping.
    tag uuid,
    -- The envelope of a completed one, or what a failed one died of; written
    -- once.
    result text,
    error_code text,
    error text,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz NOT NULL,
    CHECK ((status = 'completed') = (result IS NOT NULL)),
    CHECK ((status = 'failed') = (error IS NOT NULL))
);

-- What is to be done, oldest first.
CREATE INDEX jobs_waiting ON jobs (created_at) WHERE status IN ('pending', 'running');
-- A project's jobs, newest first.
CREATE INDEX jobs_of_project ON jobs (project_id, created_at DESC);
CREATE INDEX jobs_expiring ON jobs (expires_at);
