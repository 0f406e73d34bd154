-- Accounts: who may sign in, which projects there are, who belongs to them and
-- which keys speak for them. auth-api alone writes here; the other services
-- read what grants.sql allows them.

CREATE TABLE accounts.users (
    id            uuid        CONSTRAINT users_pkey PRIMARY KEY,
    email         text        NOT NULL CONSTRAINT users_email_key UNIQUE
                              CONSTRAINT users_email_is_normal CHECK (email = lower(btrim(email)) AND length(email) <= 254),
    -- PHC string: algorithm, parameters, salt and hash.
    password_hash text        NOT NULL,
    created_at    timestamptz NOT NULL
);

-- A session is one sign-in: the family of all refresh tokens that descend from
-- it. Revoking it ends every token of the family at once.
CREATE TABLE accounts.sessions (
    id             uuid        CONSTRAINT sessions_pkey PRIMARY KEY,
    user_id        uuid        NOT NULL CONSTRAINT sessions_user_fkey REFERENCES accounts.users ON DELETE CASCADE,
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    revoked_at     timestamptz,
    revoked_reason text        CONSTRAINT sessions_revoked_reason_known CHECK (revoked_reason IN ('logout', 'reuse')),
    CONSTRAINT sessions_revoked_with_reason CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX sessions_user_idx ON accounts.sessions (user_id);
CREATE INDEX sessions_expires_idx ON accounts.sessions (expires_at);

CREATE TABLE accounts.refresh_tokens (
    token_hash bytea       CONSTRAINT refresh_tokens_pkey PRIMARY KEY
                           CONSTRAINT refresh_tokens_hash_is_sha256 CHECK (octet_length(token_hash) = 32),
    session_id uuid        NOT NULL CONSTRAINT refresh_tokens_session_fkey REFERENCES accounts.sessions ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- When it was exchanged. A second exchange is theft or a bug: the session ends.
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_session_idx ON accounts.refresh_tokens (session_id);

CREATE TABLE accounts.projects (
    id         uuid        CONSTRAINT projects_pkey PRIMARY KEY,
    name       text        NOT NULL CONSTRAINT projects_name_length CHECK (length(name) BETWEEN 1 AND 200),
    slug       text        NOT NULL CONSTRAINT projects_slug_key UNIQUE,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Names that other systems use for a project (a Bklit projectId, for example).
CREATE TABLE accounts.project_aliases (
    alias      text        CONSTRAINT project_aliases_pkey PRIMARY KEY,
    project_id uuid        NOT NULL CONSTRAINT project_aliases_project_fkey REFERENCES accounts.projects ON DELETE CASCADE,
    created_at timestamptz NOT NULL
);
CREATE INDEX project_aliases_project_idx ON accounts.project_aliases (project_id);

CREATE TABLE accounts.members (
    project_id uuid        NOT NULL CONSTRAINT members_project_fkey REFERENCES accounts.projects ON DELETE CASCADE,
    user_id    uuid        NOT NULL CONSTRAINT members_user_fkey REFERENCES accounts.users ON DELETE CASCADE,
    role       text        NOT NULL CONSTRAINT members_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    created_at timestamptz NOT NULL,
    CONSTRAINT members_pkey PRIMARY KEY (project_id, user_id)
);
CREATE INDEX members_user_idx ON accounts.members (user_id);

-- Members whose address has no account yet. They become members when somebody
-- registers with it, so that adding a member answers the same either way.
CREATE TABLE accounts.invitations (
    project_id uuid        NOT NULL CONSTRAINT invitations_project_fkey REFERENCES accounts.projects ON DELETE CASCADE,
    email      text        NOT NULL,
    role       text        NOT NULL CONSTRAINT invitations_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    created_at timestamptz NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (project_id, email)
);
CREATE INDEX invitations_email_idx ON accounts.invitations (email);

CREATE TABLE accounts.api_keys (
    id                    uuid        CONSTRAINT api_keys_pkey PRIMARY KEY,
    project_id            uuid        NOT NULL CONSTRAINT api_keys_project_fkey REFERENCES accounts.projects ON DELETE CASCADE,
    name                  text        NOT NULL CONSTRAINT api_keys_name_length CHECK (length(name) BETWEEN 1 AND 200),
    -- sha-256 of the whole key; the key itself is shown once and never stored.
    key_hash              bytea       NOT NULL CONSTRAINT api_keys_hash_key UNIQUE
                                      CONSTRAINT api_keys_hash_is_sha256 CHECK (octet_length(key_hash) = 32),
    -- The first characters of the key, for people to recognise it by.
    key_prefix            text        NOT NULL,
    scopes                text[]      NOT NULL CONSTRAINT api_keys_scopes_known
                                      CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['capture', 'read']),
    -- Empty: the key may be used from any site.
    allowed_domains       text[]      NOT NULL DEFAULT '{}',
    -- NULL: the service's default.
    events_per_second_max bigint      CONSTRAINT api_keys_rate_is_positive CHECK (events_per_second_max > 0),
    created_by            uuid        CONSTRAINT api_keys_created_by_fkey REFERENCES accounts.users ON DELETE SET NULL,
    created_at            timestamptz NOT NULL,
    expires_at            timestamptz,
    revoked_at            timestamptz,
    last_used_at          timestamptz
);
CREATE INDEX api_keys_project_idx ON accounts.api_keys (project_id);

-- Key directories listen on `accounts_keys`. The payload is the project whose
-- keys or names changed; they read that project again. A change of
-- last_used_at says nothing: its triggers name the columns that matter.
CREATE FUNCTION accounts.notify_of_key_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    IF TG_TABLE_NAME = 'projects' THEN
        PERFORM pg_notify('accounts_keys', COALESCE(NEW.id, OLD.id)::text);
    ELSE
        PERFORM pg_notify('accounts_keys', COALESCE(NEW.project_id, OLD.project_id)::text);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER api_keys_notify AFTER INSERT OR DELETE ON accounts.api_keys
    FOR EACH ROW EXECUTE FUNCTION accounts.notify_of_key_change();
CREATE TRIGGER api_keys_notify_of_update
    AFTER UPDATE OF project_id, scopes, allowed_domains, events_per_second_max, expires_at, revoked_at ON accounts.api_keys
    FOR EACH ROW EXECUTE FUNCTION accounts.notify_of_key_change();
CREATE TRIGGER projects_notify AFTER INSERT OR DELETE OR UPDATE OF slug ON accounts.projects
    FOR EACH ROW EXECUTE FUNCTION accounts.notify_of_key_change();
CREATE TRIGGER project_aliases_notify AFTER INSERT OR DELETE OR UPDATE ON accounts.project_aliases
    FOR EACH ROW EXECUTE FUNCTION accounts.notify_of_key_change();
