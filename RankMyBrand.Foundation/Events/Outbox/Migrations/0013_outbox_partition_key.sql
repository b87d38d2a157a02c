-- What keeps an event's order among the partitions of its stream.
ALTER TABLE outbox ADD COLUMN partition_key text;
