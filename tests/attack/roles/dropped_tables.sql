-- owner
-- Tables of the model are gone.
DROP TABLE shop.live_traces, shop.pending, shop.anomalies CASCADE;
DROP TABLE shop.guards, shop.phases CASCADE;
