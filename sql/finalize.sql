-- Everything is usable by everybody; what a function may touch is decided by the rights of who calls it.
GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;
GRANT SELECT ON @extschema@.formats, @extschema@.methods, @extschema@.models TO PUBLIC;
