-- owner hold
-- The model's tables are locked by their owner's open transaction.
BEGIN;
LOCK TABLE shop.states, shop.transitions IN ACCESS EXCLUSIVE MODE;
CREATE SCHEMA bbb;
CREATE TABLE bbb.model OF logfsm.model_info;
