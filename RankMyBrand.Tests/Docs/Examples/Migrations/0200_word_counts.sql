CREATE TABLE word_counts (
    event_id   uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    words      int         NOT NULL,
    PRIMARY KEY (event_id, created_at)
);
