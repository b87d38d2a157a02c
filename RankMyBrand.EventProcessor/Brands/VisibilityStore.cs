using Npgsql;
using NpgsqlTypes;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>One tenant's measured response.</summary>
internal sealed record MeasuredResponse(string Tenant, ResponseVisibility Visibility);

/// <summary>
/// Measured responses, and their sums by the minute. The sums are maintained by the statement that stores the responses, unless the
/// database maintains them itself (a continuous aggregate).
/// </summary>
internal sealed class VisibilityStore(NpgsqlDataSource database)
{
    // A response that is stored already adds nothing, neither rows nor sums, however often it comes: its row of all brands decides.
    // Sorted, so that two writers that meet lock in the same order.
    private const string Store =
        """
        WITH input AS (
            SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[])
                AS i (event_id, created_at, brand, tenant_id, mentions, first_position, first_word)
        ),
        fresh AS (
            INSERT INTO brand_visibility (event_id, created_at, brand, tenant_id, mentions, first_position, first_word)
            SELECT * FROM input WHERE brand = '' ORDER BY event_id
            ON CONFLICT DO NOTHING RETURNING *
        ),
        named AS (
            INSERT INTO brand_visibility (event_id, created_at, brand, tenant_id, mentions, first_position, first_word)
            SELECT input.* FROM input JOIN fresh USING (event_id, created_at) WHERE input.brand <> '' ORDER BY event_id, input.brand
            ON CONFLICT DO NOTHING RETURNING *
        )
        """;

    private const string AddToMinutes =
        """
        , added AS (
            INSERT INTO brand_visibility_1m AS total
                (tenant_id, brand, minute, responses, mentioning, mentions, first_position_sum, first_word_sum)
            SELECT tenant_id, brand, date_bin('1 minute', created_at, '2000-01-01T00:00:00Z') AS minute,
                   count(*), count(*) FILTER (WHERE mentions > 0), sum(mentions), sum(first_position), sum(first_word)
            FROM (SELECT * FROM fresh UNION ALL SELECT * FROM named) AS stored
            GROUP BY tenant_id, brand, minute ORDER BY tenant_id, brand, minute
            ON CONFLICT (tenant_id, brand, minute) DO UPDATE SET
                responses = total.responses + excluded.responses,
                mentioning = total.mentioning + excluded.mentioning,
                mentions = total.mentions + excluded.mentions,
                first_position_sum = total.first_position_sum + excluded.first_position_sum,
                first_word_sum = total.first_word_sum + excluded.first_word_sum
        )
        """;

    private const string CountStored = " SELECT count(*) FROM fresh";

    private string? _statement;

    /// <summary>Stores responses, each once. All or none are stored.</summary>
    /// <returns>How many were new.</returns>
    public async Task<long> SaveAsync(IReadOnlyList<MeasuredResponse> responses, CancellationToken cancellationToken)
    {
        var rows = responses.DistinctBy(response => response.Visibility.ResponseId).SelectMany(RowsOf).ToList();
        await using var command = database.CreateCommand(await FindStatementAsync(cancellationToken));
        command.Parameters.Add(new() { Value = rows.ConvertAll(row => row.EventId) });
        command.Parameters.Add(new() { Value = rows.ConvertAll(row => row.CreatedAt) });
        command.Parameters.Add(new() { Value = rows.ConvertAll(row => row.Brand) });
        command.Parameters.Add(new() { Value = rows.ConvertAll(row => row.Tenant) });
        command.Parameters.Add(new() { Value = rows.ConvertAll(row => row.Mentions) });
        command.Parameters.Add(
            new() { Value = rows.ConvertAll(row => row.FirstPosition), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(
            new() { Value = rows.ConvertAll(row => row.FirstWord), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The buckets of a brand that hold responses, from the oldest to the newest.</summary>
    public async Task<IReadOnlyList<BrandBucket>> ReadAsync(string tenant, MetricsQuery query, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT date_bin($1, minute, '2000-01-01T00:00:00Z') AS start,
                   sum(responses) FILTER (WHERE brand = '')::bigint,
                   coalesce(sum(mentioning) FILTER (WHERE brand = $3), 0)::bigint,
                   coalesce(sum(mentions) FILTER (WHERE brand = $3), 0)::bigint,
                   sum(mentions) FILTER (WHERE brand = '')::bigint,
                   (sum(first_position_sum) FILTER (WHERE brand = $3))::float8,
                   (sum(first_word_sum) FILTER (WHERE brand = $3))::float8
            FROM brand_visibility_1m
            WHERE tenant_id = $2 AND brand IN ('', $3) AND minute >= $4 AND minute < $5
            GROUP BY start ORDER BY start
            """);
        command.Parameters.Add(new() { Value = query.Bucket });
        command.Parameters.Add(new() { Value = tenant });
        command.Parameters.Add(new() { Value = query.Brand });
        command.Parameters.Add(new() { Value = query.From });
        command.Parameters.Add(new() { Value = query.To });

        var buckets = new List<BrandBucket>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var mentioning = reader.GetInt64(2);
            buckets.Add(new BrandBucket(
                reader.GetFieldValue<DateTimeOffset>(0),
                reader.GetInt64(1),
                mentioning,
                reader.GetInt64(3),
                reader.GetInt64(4),
                mentioning == 0 ? null : reader.GetDouble(5) / mentioning,
                mentioning == 0 ? null : reader.GetDouble(6) / mentioning));
        }

        return buckets;
    }

    /// <summary>What a window of time holds: by brand the mentions, and how many responses mention any brand.</summary>
    public async Task<WindowTotals> ReadWindowAsync(
        string tenant, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT brand, sum(mentions)::bigint, sum(mentioning)::bigint FROM brand_visibility_1m
            WHERE tenant_id = $1 AND minute >= $2 AND minute < $3 GROUP BY brand
            """);
        command.Parameters.Add(new() { Value = tenant });
        command.Parameters.Add(new() { Value = start });
        command.Parameters.Add(new() { Value = end });

        var mentions = new Dictionary<string, long>(StringComparer.Ordinal);
        var (total, mentioning) = (0L, 0L);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetString(0) is { Length: > 0 } brand)
                mentions.Add(brand, reader.GetInt64(1));
            else
                (total, mentioning) = (reader.GetInt64(1), reader.GetInt64(2));
        }

        return new WindowTotals(mentioning, total, mentions);
    }

    /// <summary>Looks once whether the sums are a table; not before there are any, because a migration may still be under way.</summary>
    private async Task<string> FindStatementAsync(CancellationToken cancellationToken)
    {
        if (_statement is not null)
            return _statement;
        await using var command = database.CreateCommand(
            "SELECT relkind = 'r' FROM pg_class WHERE oid = to_regclass('brand_visibility_1m')");
        return await command.ExecuteScalarAsync(cancellationToken) switch
        {
            true => _statement = Store + AddToMinutes + CountStored,
            false => _statement = Store + CountStored,
            _ => Store + AddToMinutes + CountStored,
        };
    }

    private static IEnumerable<Row> RowsOf(MeasuredResponse response)
    {
        var visibility = response.Visibility;
        var all = new Row(
            visibility.ResponseId, visibility.RespondedAt.ToUniversalTime(), "", response.Tenant, visibility.TotalMentions, null, null);
        return visibility.Brands.Where(brand => brand.Mentions > 0)
            .Select(
                brand => all with
                {
                    Brand = brand.Brand,
                    Mentions = brand.Mentions,
                    FirstPosition = brand.FirstPosition,
                    FirstWord = brand.FirstWord,
                })
            .Prepend(all);
    }

    private sealed record Row(
        Guid EventId, DateTimeOffset CreatedAt, string Brand, string Tenant, int Mentions, int? FirstPosition, int? FirstWord);
}
