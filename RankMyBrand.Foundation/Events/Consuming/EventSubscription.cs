namespace RankMyBrand.Foundation.Events;

/// <summary>Which streams a group reads, and how.</summary>
internal sealed class EventSubscription
{
    /// <exception cref="EventRejectedException">One of the streams does not exist.</exception>
    public EventSubscription(
        IReadOnlyList<string> streams, string group, EventHandlerOptions options, EventsOptions events)
    {
        (Group, Options) = (group, options);
        foreach (var stream in streams)
        {
            if (events.Refuse(stream) is { } refusal)
                throw new EventRejectedException(refusal);
        }

        Sources = [.. streams.SelectMany(stream => events.KeysOf(stream).Select(key => new StreamSource(stream, key, group, options.Ordering)))];
    }

    public string Group { get; }

    public EventHandlerOptions Options { get; }

    public IReadOnlyList<StreamSource> Sources { get; }

    public bool IsOrdered => Options.Ordering is not EventOrdering.None;

    /// <summary>True where the handler takes one event at a time.</summary>
    public bool OneByOne { get; init; }

    /// <summary>The consumer's name in its groups: new at each start, so that two lives of a process are never mixed up.</summary>
    public string Consumer { get; } = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}"[..Math.Min(64, Environment.MachineName.Length + 18)];
}
