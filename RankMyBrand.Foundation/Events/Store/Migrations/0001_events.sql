-- The archive of every event. The time of creation lies inside the id (UUIDv7), so an event that comes a second time meets its own key.
CREATE TABLE events (
    id          uuid        NOT NULL,
    tenant_id   text        NOT NULL,
    stream_id   text        NOT NULL,
    event_type  text        NOT NULL,
    event_data  jsonb       NOT NULL,
    metadata    jsonb       NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (id, created_at)
);

CREATE INDEX events_stream_created_at ON events (stream_id, created_at DESC);
