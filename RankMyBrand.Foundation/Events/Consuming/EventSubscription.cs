namespace RankMyBrand.Foundation.Events;

/// <summary>Which streams a group reads, and how.</summary>
internal sealed record EventSubscription(
    IReadOnlyList<string> Streams, string Group, EventHandlerOptions Options)
{
    /// <summary>The consumer's name in its groups: new at each start, so that two lives of a process are never mixed up.</summary>
    public string Consumer { get; } = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}"[..Math.Min(64, Environment.MachineName.Length + 18)];
}
