-- Standard input into the log table: client sessions only, neither background processes nor the administrator's.
CREATE TEMPORARY TABLE lines (LIKE csvlog);
\copy lines FROM pstdin (FORMAT csv)
INSERT INTO server_log
SELECT * FROM lines
WHERE connection_from IS NOT NULL
  AND session_id NOT IN (SELECT session_id FROM lines WHERE user_name = 'postgres');
