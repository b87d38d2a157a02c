namespace RankMyBrand.Foundation.Events;

/// <summary>An event that waits in the outbox.</summary>
internal sealed record OutboxEntry(string Stream, long Position, StreamEvent Event, TimeSpan Age);
