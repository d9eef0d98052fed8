-- The columns that the Postgres manual gives for csvlog ("Using CSV-Format Log Output").
CREATE TABLE csvlog (
    log_time timestamp(3) with time zone,
    user_name text,
    database_name text,
    process_id integer,
    connection_from text,
    session_id text,
    session_line_num bigint,
    command_tag text,
    session_start_time timestamp with time zone,
    virtual_transaction_id text,
    transaction_id bigint,
    error_severity text,
    sql_state_code text,
    message text,
    detail text,
    hint text,
    internal_query text,
    internal_query_pos integer,
    context text,
    query text,
    query_pos integer,
    location text,
    application_name text,
    backend_type text,
    leader_pid integer,
    query_id bigint
);
CREATE TABLE server_log (LIKE csvlog, PRIMARY KEY (session_id, session_line_num));
CREATE EXTENSION logfsm;
GRANT SELECT, TRIGGER ON server_log TO analyst;
GRANT SELECT ON csvlog TO shipper;
GRANT INSERT ON server_log TO shipper;
