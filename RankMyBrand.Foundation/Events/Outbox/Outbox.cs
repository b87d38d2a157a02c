using System.Text;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Publishes events as part of a database transaction: they are published if, and only if, it commits. A relay moves them to their
/// streams right afterwards, each stream in the order of its events.
/// </summary>
public sealed class Outbox(IOptions<EventsOptions> options, TimeProvider time)
{
    internal const string Channel = "outbox";

    private readonly EventsOptions _options = options.Value;

    /// <summary>Adds an event to a transaction.</summary>
    /// <exception cref="EventRejectedException">
    /// The stream is not known, or the event is too large or has no type or time: it could never be published.
    /// </exception>
    /// <exception cref="ArgumentException">The event's data or attributes are not JSON.</exception>
    public Task AddAsync(NpgsqlTransaction transaction, string stream, StreamEvent @event, CancellationToken cancellationToken) =>
        AddAsync(transaction, stream, [@event], cancellationToken);

    /// <summary>Adds events to a transaction, in their order.</summary>
    /// <inheritdoc cref="AddAsync(NpgsqlTransaction, string, StreamEvent, CancellationToken)"/>
    public async Task AddAsync(
        NpgsqlTransaction transaction, string stream, IReadOnlyList<StreamEvent> events, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
            return;
        Check(stream, events);
        // The notification, which a relay that sleeps needs, is sent by the commit.
        await using var command = new NpgsqlCommand(
            $"""
            WITH added AS (
                INSERT INTO outbox (
                    stream, event_id, event_type, event_data, correlation_id, traceparent, tenant_id, source, attributes, deduplication_key,
                    partition_key)
                SELECT $1, e.id, e.type, e.data, e.correlation_id, e.traceparent, e.tenant_id, e.source, e.attributes, e.deduplication_key,
                       e.partition_key
                FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::text[],
                            $11::text[])
                     WITH ORDINALITY AS e (
                         id, type, data, correlation_id, traceparent, tenant_id, source, attributes, deduplication_key, partition_key,
                         ordinality)
                ORDER BY e.ordinality)
            SELECT pg_notify('{Channel}', '') WHERE NOT pg_try_advisory_xact_lock_shared({OutboxSession.SleepKey})
            """,
            transaction.OpenConnection(),
            transaction);
        command.Parameters.Add(new() { Value = stream });
        AddColumn(command, events, @event => @event.Id);
        AddColumn(command, events, @event => @event.Type);
        AddColumn(command, events, @event => @event.Data.ToArray());
        AddColumn(command, events, @event => @event.CorrelationId);
        AddColumn(command, events, @event => @event.TraceParent);
        AddColumn(command, events, @event => @event.Tenant);
        AddColumn(command, events, @event => @event.Source);
        AddColumn(command, events, @event => @event.Attributes?.ToArray());
        AddColumn(command, events, @event => @event.DeduplicationKey);
        AddColumn(command, events, @event => @event.PartitionKey);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddColumn<T>(NpgsqlCommand command, IReadOnlyList<StreamEvent> events, Func<StreamEvent, T> select) =>
        command.Parameters.Add(new() { Value = events.Select(select).ToArray() });

    /// <summary>What can never be published must fail here, where the transaction can still be rolled back.</summary>
    private void Check(string stream, IReadOnlyList<StreamEvent> events)
    {
        if (_options.Refuse(stream) is { } refusal)
            throw new EventRejectedException(refusal);
        foreach (var @event in events)
        {
            EventCheck.RequireJson(@event);
            if (_options.Refuse(@event, time.GetUtcNow()) is { } invalid)
                throw new EventRejectedException(invalid);
        }
    }
}
