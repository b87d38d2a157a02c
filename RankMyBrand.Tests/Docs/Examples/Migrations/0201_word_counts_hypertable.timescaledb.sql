SELECT create_hypertable('word_counts', 'created_at', chunk_time_interval => INTERVAL '1 day');
