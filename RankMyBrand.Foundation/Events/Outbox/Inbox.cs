using System.Diagnostics.Metrics;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Makes the effects of a handler happen exactly once: it notes, in the transaction that has the effects, that the group has taken the
/// event. A redelivered event is known and skipped; after a rollback neither the effects nor the note exist.
/// </summary>
/// <remarks>
/// An event is known for <see cref="InboxOptions.Retention"/>. A transaction that notes an event which another one has noted and not
/// committed waits for that one's end. The transaction's isolation level is read committed, PostgreSQL's default.
/// </remarks>
public sealed class Inbox(IMeterFactory meters)
{
    private readonly Counter<long> _repeated = meters.Create(OutboxTelemetry.Name).CreateCounter<long>(
        "rankmybrand.inbox.repeated", "{message}", "Events that came again and were skipped.");

    /// <summary>Notes that a group takes an event. False: it took it before, and the handler has nothing to do.</summary>
    public async Task<bool> TryBeginAsync(
        NpgsqlTransaction transaction, string group, StreamEvent @event, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO inbox (consumer_group, tenant_id, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            transaction.OpenConnection(),
            transaction)
        {
            Parameters =
            {
                new() { Value = group },
                new() { Value = @event.Tenant ?? EventStore.DefaultTenant },
                new() { Value = @event.Id },
            },
        };
        var isNew = await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        if (!isNew)
            _repeated.Add(1, new KeyValuePair<string, object?>("messaging.consumer.group.name", group));
        return isNew;
    }

    /// <summary>
    /// Notes that a group takes a batch. Returns those it had not taken before, in their order; an event that comes twice is returned once.
    /// </summary>
    public async Task<IReadOnlyList<Delivery>> BeginAsync(
        NpgsqlTransaction transaction, string group, IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        // In one order everywhere: two transactions that wait for each other's rows would be a deadlock.
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO inbox (consumer_group, tenant_id, event_id)
            SELECT $1, e.tenant_id, e.event_id FROM unnest($2::text[], $3::uuid[]) AS e (tenant_id, event_id)
            ORDER BY e.tenant_id, e.event_id
            ON CONFLICT DO NOTHING RETURNING tenant_id, event_id
            """,
            transaction.OpenConnection(),
            transaction)
        {
            Parameters =
            {
                new() { Value = group },
                new() { Value = deliveries.Select(TenantOf).ToArray() },
                new() { Value = deliveries.Select(delivery => delivery.Event.Id).ToArray() },
            },
        };
        var fresh = new HashSet<(string Tenant, Guid Id)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            fresh.Add((reader.GetString(0), reader.GetGuid(1)));
        if (fresh.Count < deliveries.Count)
            _repeated.Add(deliveries.Count - fresh.Count, new KeyValuePair<string, object?>("messaging.consumer.group.name", group));
        return [.. deliveries.Where(delivery => fresh.Remove((TenantOf(delivery), delivery.Event.Id)))];
    }

    private static string TenantOf(Delivery delivery) => delivery.Event.Tenant ?? EventStore.DefaultTenant;
}
