-- What the extension installs: everything has a comment, nothing is writable by PUBLIC, what runs SQL has a search_path.
select pg_describe_object(classid, objid, 0) as without_comment
from pg_depend d
where refclassid = 'pg_extension'::regclass and refobjid = (select oid from pg_extension where extname = 'logfsm') and deptype = 'e'
  and not (classid = 'pg_type'::regclass and exists (select from pg_type t where t.oid = objid and (typelem <> 0 and typlen = -1 and typname like '\_%' or typrelid <> 0 and typname in ('formats', 'methods', 'models'))))
  and obj_description(objid, classid::regclass::name) is null
order by 1;
-- Everything is in schema logfsm.
select pg_describe_object(classid, objid, 0) from pg_depend d
where refclassid = 'pg_extension'::regclass and refobjid = (select oid from pg_extension where extname = 'logfsm') and deptype = 'e'
  and (pg_identify_object(classid, objid, 0)).schema <> 'logfsm';
-- Nothing that PUBLIC could write or create.
select has_schema_privilege('public', 'logfsm', 'CREATE') as create, has_schema_privilege('public', 'logfsm', 'USAGE') as usage;
select c.relname, a.privilege_type from pg_class c, aclexplode(c.relacl) a
where relnamespace = 'logfsm'::regnamespace and a.grantee = 0 and a.privilege_type <> 'SELECT';
select relname, relkind from pg_class where relnamespace = 'logfsm'::regnamespace and relkind not in ('c') order by 1;
-- No SECURITY DEFINER; a search_path exactly where SQL is run.
select proname from pg_proc where pronamespace = 'logfsm'::regnamespace and prosecdef;
select proname, l.lanname, provolatile, proparallel, proisstrict from pg_proc p join pg_language l on l.oid = prolang
where pronamespace = 'logfsm'::regnamespace and exists (select from unnest(proconfig) c where c like 'search_path=%') order by 1, pg_get_function_identity_arguments(p.oid);
select distinct c from pg_proc, unnest(proconfig) c where pronamespace = 'logfsm'::regnamespace order by 1;
select proname, l.lanname from pg_proc p join pg_language l on l.oid = prolang
where pronamespace = 'logfsm'::regnamespace and l.lanname not in ('c', 'internal') and not exists (select from unnest(proconfig) c where c like 'search_path=%') and prokind <> 'a';
-- Labels: pure functions are immutable, strict (but aggregates' transitions) and parallel safe.
select proname, provolatile, proparallel, proisstrict from pg_proc
where pronamespace = 'logfsm'::regnamespace and prokind = 'f' and proconfig is null and (provolatile <> 'i' or proparallel <> 's' or not proisstrict) order by 1, proname;
select p.proname, a.aggtranstype::regtype, a.aggcombinefn <> 0 as combine, p.proparallel from pg_aggregate a join pg_proc p on p.oid = aggfnoid
where pronamespace = 'logfsm'::regnamespace order by 1, 2, pronargs;
-- Every object a model makes has a comment, too.
set client_min_messages = warning;
create table app_log (id text, event text, at timestamptz);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select relname from pg_class where relnamespace = 'm'::regnamespace and relkind in ('r', 'p', 'v') and obj_description(oid) is null;
select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
where relnamespace = 'm'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped and col_description(c.oid, attnum) is null order by 1, 2;
select relname, relacl from pg_class where relnamespace = 'm'::regnamespace and relkind in ('r', 'p', 'v') and relacl is not null;
select nspacl from pg_namespace where nspname = 'm';
-- The catalog's own checks of what the extension defined.
select opcname, amvalidate(oid) from pg_opclass where opcnamespace = 'logfsm'::regnamespace order by 1;
select typname, typlen, typalign, typstorage from pg_type where typnamespace = 'logfsm'::regnamespace and typtype = 'b' and typname !~ '^_' order by 1;
