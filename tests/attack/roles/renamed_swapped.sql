-- owner
-- Tables of the model swap their names.
ALTER TABLE shop.states RENAME TO swapping;
ALTER TABLE shop.transitions RENAME TO states;
ALTER TABLE shop.swapping RENAME TO transitions;
ALTER TABLE shop.live_traces RENAME TO swapping;
ALTER TABLE shop.pending RENAME TO live_traces;
ALTER TABLE shop.swapping RENAME TO pending;
