namespace RankMyBrand.Foundation.Events;

/// <summary>An event as the store holds it.</summary>
/// <param name="Id">The event's id.</param>
/// <param name="StreamId">The stream it was published to.</param>
/// <param name="Type">The event's type.</param>
/// <param name="Data">The payload: JSON, equal to what was published in value, not in spacing.</param>
/// <param name="Metadata">A JSON object: correlationId, and where known traceparent, source, entryId and attributes.</param>
/// <param name="CreatedAt">When it was created, in whole milliseconds.</param>
public sealed record StoredEvent(Guid Id, string StreamId, string Type, string Data, string Metadata, DateTimeOffset CreatedAt);
