-- Which group has taken which event. The tenant is part of the key: ids are chosen by publishers.
CREATE TABLE inbox (
    consumer_group text NOT NULL,
    tenant_id      text NOT NULL,
    event_id       uuid NOT NULL,
    taken_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, tenant_id, event_id)
);
CREATE INDEX inbox_taken_at ON inbox (taken_at);
