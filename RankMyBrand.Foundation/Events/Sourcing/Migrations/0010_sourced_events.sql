-- One row per stream: the lock that makes appenders take turns, and the stream's version.
CREATE TABLE sourced_streams (
    tenant_id text NOT NULL,
    stream    text NOT NULL,
    version   bigint NOT NULL,
    PRIMARY KEY (tenant_id, stream)
) WITH (fillfactor = 80);

-- json, not jsonb: an event is kept as it was written, to the byte.
CREATE TABLE sourced_events (
    tenant_id      text NOT NULL,
    stream         text NOT NULL,
    version        bigint NOT NULL,
    event_id       uuid NOT NULL,
    event_type     text NOT NULL,
    event_data     json NOT NULL,
    correlation_id text,
    traceparent    text,
    source         text,
    attributes     json,
    transaction_id bigint NOT NULL,
    position       bigint GENERATED ALWAYS AS IDENTITY,
    appended_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, stream, version),
    CONSTRAINT sourced_events_once UNIQUE (tenant_id, stream, event_id)
);

-- The global order. Positions are handed out before their transactions commit, so alone they would let a reader pass
-- one that appears later; together with the transaction's number, read below the oldest running one, they cannot.
CREATE UNIQUE INDEX sourced_events_order ON sourced_events (transaction_id, position);

-- Transaction numbers belong to a server. The offset keeps them rising in a database that moved to another one.
CREATE TABLE sourced_clock (
    only_row           boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    transaction_offset bigint NOT NULL
);
INSERT INTO sourced_clock (transaction_offset) VALUES (0);

CREATE FUNCTION sourced_events_restored() RETURNS void LANGUAGE sql AS $$
    UPDATE sourced_clock SET transaction_offset =
        greatest(transaction_offset, (SELECT coalesce(max(transaction_id), 0) FROM sourced_events))
$$;
COMMENT ON FUNCTION sourced_events_restored() IS
    'Call once, before the services start, after a dump was restored on another server.';

CREATE TABLE sourced_snapshots (
    tenant_id text NOT NULL,
    stream    text NOT NULL,
    schema    int NOT NULL,
    version   bigint NOT NULL,
    data      bytea NOT NULL,
    saved_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, stream, schema)
);
