-- owner hold listing
-- The model's tables are locked by their owner's open transaction: who wants them waits, who lists models does not.
BEGIN;
LOCK TABLE shop.model, shop.states, shop.transitions IN ACCESS EXCLUSIVE MODE;
CREATE SCHEMA bbb;
CREATE TABLE bbb.model OF logfsm.model_info;
