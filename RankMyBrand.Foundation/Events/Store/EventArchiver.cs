using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>Stores every event of the streams it handles. A redelivered event meets its own row, so each is stored once.</summary>
public sealed class EventArchiver(EventStore store, TimeProvider time) : IEventHandler
{
    /// <inheritdoc/>
    public Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        List<Delivery>? storable = null;
        for (var i = 0; i < deliveries.Count; i++)
        {
            if (EventTime.FaultOf(deliveries[i].Event.Id, now) is { } fault)
            {
                storable ??= [.. deliveries.Take(i)];
                deliveries[i].Reject(fault);
            }
            else
            {
                storable?.Add(deliveries[i]);
            }
        }

        return SaveAsync(storable ?? deliveries, cancellationToken);
    }

    private async Task SaveAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        if (deliveries.Count == 0)
            return;
        try
        {
            await store.SaveAsync(deliveries, cancellationToken);
        }
        catch (PostgresException e) when ((IsDataFault(e) || e.SqlState == PostgresErrorCodes.ConfigurationLimitExceeded) && deliveries.Count > 1)
        {
            // One of them cannot be stored: halving finds it in few steps, and the others are stored. Or all are late: TimescaleDB
            // decompresses only so many rows for one statement, and fewer events need fewer.
            var half = deliveries.Count / 2;
            await SaveAsync([.. deliveries.Take(half)], cancellationToken);
            await SaveAsync([.. deliveries.Skip(half)], cancellationToken);
        }
        catch (PostgresException e) when (IsDataFault(e))
        {
            deliveries[0].Reject($"PostgreSQL cannot store it: {e.MessageText} (SQLSTATE {e.SqlState}).");
        }
        catch (PostgresException e) when (!TransientFailure.Is(e))
        {
            // Whatever it is, no event is at fault: they wait until it is mended, however long that takes.
            throw new IOException($"PostgreSQL does not store events: {e.MessageText} (SQLSTATE {e.SqlState}).", e);
        }
    }

    /// <summary>Class 22, data exception; 54000 and its like, a limit exceeded.</summary>
    private static bool IsDataFault(PostgresException e) =>
        e.SqlState.StartsWith("22", StringComparison.Ordinal) || e.SqlState.StartsWith("54", StringComparison.Ordinal);
}
