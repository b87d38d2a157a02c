-- The events put aside are few, and are counted again and again among many that wait.
CREATE INDEX outbox_rejected ON outbox (stream) WHERE rejected IS NOT NULL;
