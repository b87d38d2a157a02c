namespace RankMyBrand.Foundation.Events;

/// <summary>An event in its event-sourced stream.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Version">Its place in the stream; the first event has version 1, and none is left out.</param>
/// <param name="Position">Its place among all events.</param>
/// <param name="Event">The event, with the payload that was appended, byte for byte.</param>
/// <param name="AppendedAt">When its transaction began, by the database's clock.</param>
public sealed record SourcedEvent(StreamId Stream, long Version, GlobalPosition Position, StreamEvent Event, DateTimeOffset AppendedAt);

/// <summary>Where events were appended.</summary>
/// <param name="FirstVersion">The version of the first of them.</param>
/// <param name="LastVersion">The version of the last, which is what the next append expects.</param>
/// <param name="IsDuplicate">True when the same events stood there already and nothing was appended.</param>
public readonly record struct AppendResult(long FirstVersion, long LastVersion, bool IsDuplicate);

/// <summary>The state that the events of a stream add up to, so that reading can start after it.</summary>
/// <param name="Version">The version of the last event that is in the state.</param>
/// <param name="Schema">The form of the state. Raise it when the form changes: snapshots of another form are not found.</param>
/// <param name="Data">The state, in whatever encoding its owner likes.</param>
public sealed record Snapshot(long Version, int Schema, ReadOnlyMemory<byte> Data);
