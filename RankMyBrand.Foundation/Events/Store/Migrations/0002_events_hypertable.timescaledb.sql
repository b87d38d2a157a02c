-- One chunk a day. The primary key and the stream's index serve every query, so the default index on the time alone is left out.
SELECT create_hypertable('events', 'created_at', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false, migrate_data => true);

-- Compression belongs to the edition under the Timescale licence; a server built without it keeps plain chunks.
DO $$
BEGIN
    IF current_setting('timescaledb.license', true) = 'timescale' THEN
        ALTER TABLE events SET (timescaledb.compress, timescaledb.compress_segmentby = 'stream_id', timescaledb.compress_orderby = 'created_at DESC, id');
        PERFORM add_compression_policy('events', INTERVAL '7 days');
    END IF;
END
$$;
