using Npgsql;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>An action that the rule has asked for, with the id of the event that tells of it.</summary>
internal sealed record StoredAction(
    Guid Id, string Tenant, string Brand, DateTimeOffset WindowStart, DateTimeOffset WindowEnd, long Mentions, long TotalMentions,
    double MinShare);

/// <summary>The actions that were recommended: what keeps the rule from repeating itself, and the outbox of their events.</summary>
internal sealed class ActionStore(NpgsqlDataSource database)
{
    private const int MaxUnpublished = 100;

    /// <summary>Records an action, unless the brand has one whose cool-down covers the window.</summary>
    /// <returns>True when it is new.</returns>
    public async Task<bool> AddAsync(StoredAction action, TimeSpan coolDown, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        // The commands of a batch are one transaction. The lock makes two processors look one after the other.
        batch.BatchCommands.Add(new("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        {
            Parameters = { new() { Value = $"brand_actions\n{action.Tenant}\n{action.Brand}" } },
        });
        batch.BatchCommands.Add(new(
            """
            INSERT INTO brand_actions (id, tenant_id, brand, window_start, window_end, mentions, total_mentions, min_share)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8
            WHERE NOT EXISTS (
                SELECT FROM brand_actions
                WHERE tenant_id = $2 AND brand = $3 AND window_start > $4 - $9 AND window_start < $4 + $9)
            """)
        {
            Parameters =
            {
                new() { Value = action.Id }, new() { Value = action.Tenant }, new() { Value = action.Brand },
                new() { Value = action.WindowStart }, new() { Value = action.WindowEnd },
                new() { Value = action.Mentions }, new() { Value = action.TotalMentions }, new() { Value = action.MinShare },
                new() { Value = coolDown },
            },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return batch.BatchCommands[1].RecordsAffected == 1;
    }

    /// <summary>The oldest actions whose event is not in its stream yet.</summary>
    public async Task<IReadOnlyList<StoredAction>> ReadUnpublishedAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"""
            SELECT id, tenant_id, brand, window_start, window_end, mentions, total_mentions, min_share
            FROM brand_actions WHERE published_at IS NULL ORDER BY id LIMIT {MaxUnpublished}
            """);
        var actions = new List<StoredAction>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            actions.Add(new StoredAction(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetFieldValue<DateTimeOffset>(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetDouble(7)));
        }

        return actions;
    }

    /// <summary>Notes that the events of actions are in their stream.</summary>
    public async Task MarkPublishedAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE brand_actions SET published_at = now() WHERE id = ANY ($1)");
        command.Parameters.Add(new() { Value = ids.ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
