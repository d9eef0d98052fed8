\pset footer off
SELECT count(*) AS log_lines, count(DISTINCT session_id) AS sessions, count(DISTINCT message) AS messages FROM server_log;
