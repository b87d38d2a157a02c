-- Events on their way to Redis. Rows live for milliseconds, so the table is vacuumed by count, not by share.
CREATE TABLE outbox (
    stream            text NOT NULL,
    position          bigint GENERATED ALWAYS AS IDENTITY,
    event_id          uuid NOT NULL,
    event_type        text NOT NULL,
    event_data        bytea NOT NULL,
    correlation_id    text,
    traceparent       text,
    tenant_id         text,
    source            text,
    attributes        bytea,
    deduplication_key text,
    added_at          timestamptz NOT NULL DEFAULT now(),
    rejected          text,
    PRIMARY KEY (stream, position)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);
