using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Turns entries into deliveries. Those that are no events, or that no consumer has survived, go to the dead letters; those of a type
/// that the handler does not want are acknowledged.
/// </summary>
internal sealed class Intake(ConsumerContext context, Acknowledgements acknowledgements, DeadLetters deadLetters)
{
    private readonly EventHandlerOptions _options = context.Options;

    /// <param name="source">Where the entries stand.</param>
    /// <param name="queue">The source's queue when they were asked for: entries of an earlier ownership are left to be taken over.</param>
    /// <param name="entries">The entries, in the order of the stream.</param>
    /// <param name="attempts">Which attempt each entry is at; null when all were read for the first time.</param>
    public async Task AcceptAsync(StreamSource source, SourceQueue queue, StreamEntry[] entries, int[]? attempts = null)
    {
        var accepted = new List<Delivery>(entries.Length);
        List<Delivery> unwanted = [];
        List<Task> burials = [];
        for (var i = 0; i < entries.Length; i++)
        {
            var attempt = attempts?[i] ?? 1;
            var (delivery, failure) = Read(source, entries[i], attempt);
            if (failure is not null)
                burials.Add(deadLetters.BuryAsync(source, entries[i], failure, Math.Min(attempt, _options.MaxAttempts), null));
            else if (_options.Types.Count > 0 && !_options.Types.Contains(delivery!.Event.Type))
                unwanted.Add(delivery);
            else
                accepted.Add(delivery!);
        }

        if (accepted.Count > 0)
            context.Held.Add(source, queue, accepted);
        if (unwanted.Count > 0)
            acknowledgements.Add(unwanted);
        await Task.WhenAll(burials);
    }

    private (Delivery? Delivery, Delivery.Failure? Failure) Read(StreamSource source, StreamEntry entry, int attempt)
    {
        var id = source.IsReplay ? (RedisValue)ReplayStream.OriginOf(entry) : entry.Id;
        if (!EventEntry.TryRead(id, entry.Values, out var @event, out var problem))
            return (null, Delivery.Malformed($"The entry is not an event: {problem}."));
        if (attempt > _options.MaxAttempts)
            return (null, new("Abandoned", $"{attempt - 1} consumers have ended while they held the entry.", Delivery.FailureKind.Final));
        var delivery = new Delivery(source, entry, @event!, attempt);
        try
        {
            delivery.OrderKey = _options.Ordering is EventOrdering.ByKey ? _options.Key(delivery) : null;
            return (delivery, null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return (null, new(e.GetType().FullName!, $"The event has no key to order it by: {e.Message}", Delivery.FailureKind.Final));
        }
    }
}
