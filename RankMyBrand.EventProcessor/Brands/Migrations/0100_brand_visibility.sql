-- What was measured in each response: a row for each brand that it mentions, and one with brand '' for all brands together, which
-- every response has. The key makes a redelivered event meet its own rows.
CREATE TABLE brand_visibility (
    event_id       uuid        NOT NULL,
    created_at     timestamptz NOT NULL,
    brand          text        NOT NULL,
    tenant_id      text        NOT NULL,
    mentions       int         NOT NULL,
    first_position int         NULL,
    first_word     int         NULL,
    PRIMARY KEY (event_id, created_at, brand)
);

-- The same by the minute; brand '' counts all brands. Sums rather than averages, because sums of minutes add up to those of an hour.
-- A brand's responses are those that mention it; those of '' are all.
CREATE TABLE brand_visibility_1m (
    tenant_id           text        NOT NULL,
    brand               text        NOT NULL,
    minute              timestamptz NOT NULL,
    responses           bigint      NOT NULL,
    mentioning          bigint      NOT NULL,
    mentions            bigint      NOT NULL,
    first_position_sum  bigint      NULL,
    first_word_sum      bigint      NULL,
    PRIMARY KEY (tenant_id, brand, minute)
);

CREATE INDEX brand_visibility_1m_tenant_minute ON brand_visibility_1m (tenant_id, minute);

-- Every action that the rule has asked for. It is also their outbox: published_at is null until the event is in its stream.
CREATE TABLE brand_actions (
    id             uuid             PRIMARY KEY,
    tenant_id      text             NOT NULL,
    brand          text             NOT NULL,
    window_start   timestamptz      NOT NULL,
    window_end     timestamptz      NOT NULL,
    mentions       bigint           NOT NULL,
    total_mentions bigint           NOT NULL,
    min_share      double precision NOT NULL,
    published_at   timestamptz      NULL,
    UNIQUE (tenant_id, brand, window_start, window_end)
);

CREATE INDEX brand_actions_unpublished ON brand_actions (id) WHERE published_at IS NULL;
