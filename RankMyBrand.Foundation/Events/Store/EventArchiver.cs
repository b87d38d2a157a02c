using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>Stores every event of the streams it handles. A redelivered event meets its own row, so each is stored once.</summary>
public sealed class EventArchiver(EventStore store) : IEventHandler
{
    /// <inheritdoc/>
    public async Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        try
        {
            await store.SaveAsync(deliveries, cancellationToken);
        }
        catch (PostgresException e) when (IsDataFault(e) && deliveries.Count > 1)
        {
            // One of them cannot be stored: halving finds it in few steps, and the others are stored.
            var half = deliveries.Count / 2;
            await HandleAsync([.. deliveries.Take(half)], cancellationToken);
            await HandleAsync([.. deliveries.Skip(half)], cancellationToken);
        }
        catch (PostgresException e) when (IsDataFault(e))
        {
            deliveries[0].Reject($"PostgreSQL cannot store it: {e.MessageText} (SQLSTATE {e.SqlState}).");
        }
    }

    /// <summary>Class 22, data exception; 54000 and its like, a limit exceeded.</summary>
    private static bool IsDataFault(PostgresException e) =>
        e.SqlState.StartsWith("22", StringComparison.Ordinal) || e.SqlState.StartsWith("54", StringComparison.Ordinal);
}
