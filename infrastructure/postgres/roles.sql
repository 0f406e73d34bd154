-- One database, one role a service, one schema an owner. Run by the launcher as
-- the superuser, at every start: it repeats without harm. The passwords come in
-- as psql variables. The services' own migrations create what is inside the schemas
-- and grant the few rights that cross them.
\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(ARRAY['millrace_auth', 'millrace_query', 'millrace_capture', 'millrace_consumer', 'millrace_realtime']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

ALTER ROLE millrace_auth PASSWORD :'auth_password';
ALTER ROLE millrace_query PASSWORD :'query_password';
ALTER ROLE millrace_capture PASSWORD :'capture_password';
ALTER ROLE millrace_consumer PASSWORD :'consumer_password';
ALTER ROLE millrace_realtime PASSWORD :'realtime_password';

SELECT 'CREATE DATABASE millrace'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'millrace')
\gexec

\connect millrace

REVOKE ALL ON DATABASE millrace FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE millrace TO millrace_auth, millrace_query, millrace_capture, millrace_consumer, millrace_realtime;

CREATE SCHEMA IF NOT EXISTS accounts AUTHORIZATION millrace_auth;
CREATE SCHEMA IF NOT EXISTS insights AUTHORIZATION millrace_query;
GRANT USAGE ON SCHEMA accounts TO millrace_query, millrace_capture, millrace_consumer, millrace_realtime;
