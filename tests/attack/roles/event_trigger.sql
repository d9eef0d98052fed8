-- superuser
-- An event trigger of the database runs code of "hostile"; it runs as whoever changes the catalog.
CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'TRAP hostile ddl'; END $$;
CREATE EVENT TRIGGER trap ON ddl_command_end EXECUTE FUNCTION public.on_ddl();
CREATE EVENT TRIGGER trap_drop ON sql_drop EXECUTE FUNCTION public.on_ddl();
