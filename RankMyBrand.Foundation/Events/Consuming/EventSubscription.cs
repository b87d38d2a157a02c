namespace RankMyBrand.Foundation.Events;

/// <summary>Which streams a group reads, and how.</summary>
internal sealed class EventSubscription
{
    /// <exception cref="EventRejectedException">One of the streams does not exist.</exception>
    public EventSubscription(
        IReadOnlyList<string> streams, string group, EventHandlerOptions options, EventsOptions events)
    {
        (Group, Options, Events) = (group, options, events);
        foreach (var stream in streams)
        {
            if (events.Refuse(stream) is { } refusal)
                throw new EventRejectedException(refusal);
        }

        Streams = streams;
        Sources = [.. streams.SelectMany(stream => events.KeysOf(stream).SelectMany(key => SourcesOf(stream, key)))];

        StreamSource[] SourcesOf(string stream, string key) => [SourceOf(stream, key), SourceOf(stream, key, isReplay: true)];

        StreamSource SourceOf(string stream, string key, bool isReplay = false) =>
            new(stream, key, group, options.Ordering, isReplay)
            {
                Settings = events.Streams.GetValueOrDefault(stream) ?? new StreamOptions(),
            };
    }

    public IReadOnlyList<string> Streams { get; }

    public string Group { get; }

    public EventHandlerOptions Options { get; }

    public EventsOptions Events { get; }

    public IReadOnlyList<StreamSource> Sources { get; }

    public bool IsOrdered => Options.Ordering is not EventOrdering.None;

    /// <summary>True where the handler takes one event at a time.</summary>
    public bool OneByOne { get; init; }

    /// <summary>The consumer's name in its groups: new at each start, so that two lives of a process are never mixed up.</summary>
    public string Consumer { get; } =
        $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}"[..Math.Min(64, Environment.MachineName.Length + 18)];
}
