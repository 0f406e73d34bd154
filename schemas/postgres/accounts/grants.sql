-- What the other services may do in this schema. Applied after every run of the
-- migrations, and repeatable, so that a role that was created later gets its
-- rights the next time.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'millrace_capture') THEN
        GRANT USAGE ON SCHEMA accounts TO millrace_capture;
        GRANT SELECT ON accounts.api_keys, accounts.projects, accounts.project_aliases TO millrace_capture;
        GRANT UPDATE (last_used_at) ON accounts.api_keys TO millrace_capture;
    END IF;

    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'millrace_query') THEN
        GRANT USAGE ON SCHEMA accounts TO millrace_query;
        GRANT SELECT ON accounts.api_keys, accounts.projects, accounts.project_aliases, accounts.members TO millrace_query;
        GRANT SELECT ON accounts.deleted_projects TO millrace_query;
        GRANT SELECT (id, email) ON accounts.users TO millrace_query;
        GRANT SELECT (id, user_id, expires_at, revoked_at) ON accounts.sessions TO millrace_query;
        GRANT UPDATE (last_used_at) ON accounts.api_keys TO millrace_query;
    END IF;

    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'millrace_realtime') THEN
        GRANT USAGE ON SCHEMA accounts TO millrace_realtime;
        GRANT SELECT ON accounts.api_keys, accounts.projects, accounts.project_aliases, accounts.members TO millrace_realtime;
        GRANT SELECT (id, user_id, expires_at, revoked_at) ON accounts.sessions TO millrace_realtime;
        GRANT UPDATE (last_used_at) ON accounts.api_keys TO millrace_realtime;
    END IF;

    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'millrace_consumer') THEN
        GRANT USAGE ON SCHEMA accounts TO millrace_consumer;
        GRANT SELECT ON accounts.projects, accounts.project_aliases, accounts.deleted_projects TO millrace_consumer;
    END IF;
END
$$;
