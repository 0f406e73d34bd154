-- What ends, and what is remembered of it.

-- A changed password ends every other session of its account.
ALTER TABLE accounts.sessions
    DROP CONSTRAINT sessions_revoked_reason_known,
    ADD CONSTRAINT sessions_revoked_reason_known CHECK (revoked_reason IN ('logout', 'reuse', 'password'));

-- Projects that were deleted. Other stores still hold what belonged to them
-- (events, dashboards); by this list they know what nobody may see any more.
CREATE TABLE accounts.deleted_projects (
    id         uuid        CONSTRAINT deleted_projects_pkey PRIMARY KEY,
    deleted_at timestamptz NOT NULL
);

-- Keys of deleted projects. Web pages and programs out there go on sending with
-- them, so nobody may ever bring such a key into a project of their own.
CREATE TABLE accounts.retired_keys (
    key_hash bytea CONSTRAINT retired_keys_pkey PRIMARY KEY
                   CONSTRAINT retired_keys_hash_is_sha256 CHECK (octet_length(key_hash) = 32)
);
