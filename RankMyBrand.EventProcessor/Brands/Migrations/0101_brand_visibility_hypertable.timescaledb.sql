-- One chunk a day, like the events themselves; every query of this table goes by its key or by time.
SELECT create_hypertable('brand_visibility', 'created_at', chunk_time_interval => INTERVAL '1 day', migrate_data => true);

-- Where the licence has continuous aggregates, one takes the place of the table of minutes, with the same name and columns. It covers
-- the last ten minutes from the rows themselves; what comes later than that shows after the next refresh. WITH NO DATA, because a
-- migration is a transaction; the policy fills it. Should a version of TimescaleDB refuse it, the table stays and is maintained as elsewhere.
DO $$
BEGIN
    IF current_setting('timescaledb.license', true) = 'timescale' THEN
        DROP TABLE brand_visibility_1m;
        CREATE MATERIALIZED VIEW brand_visibility_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
        SELECT tenant_id, brand, time_bucket(INTERVAL '1 minute', created_at) AS minute,
               count(*) AS responses,
               count(*) FILTER (WHERE mentions > 0) AS mentioning,
               sum(mentions) AS mentions,
               sum(first_position) AS first_position_sum,
               sum(first_word) AS first_word_sum
        FROM brand_visibility
        GROUP BY 1, 2, 3
        WITH NO DATA;
        PERFORM add_continuous_aggregate_policy('brand_visibility_1m',
            start_offset => NULL, end_offset => INTERVAL '10 minutes', schedule_interval => INTERVAL '1 minute');
    END IF;
EXCEPTION
    WHEN feature_not_supported OR syntax_error_or_access_rule_violation OR invalid_parameter_value OR undefined_function THEN
        RAISE WARNING 'brand_visibility_1m stays a table, because this TimescaleDB refuses the continuous aggregate: %', SQLERRM;
END
$$;
