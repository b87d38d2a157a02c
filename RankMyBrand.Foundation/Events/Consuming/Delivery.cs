using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>An event as it is delivered to a group.</summary>
public sealed partial class Delivery
{
    private string? _entryId;

    internal Delivery(StreamSource source, StreamEntry entry, StreamEvent @event, int attempt) =>
        (Source, Entry, Event, Attempt, EntryBytes) = (source, entry, @event, attempt, EventEntry.SizeOf(entry.Values));

    internal Delivery(string stream, string entryId, StreamEvent @event, int attempt)
        : this(new StreamSource(stream, stream, "", EventOrdering.None), new StreamEntry(entryId, []), @event, attempt)
    {
    }

    /// <summary>The stream that the event stands in.</summary>
    public string Stream => Source.Stream;

    /// <summary>The id of its Redis stream entry; of a replayed event, the id that it had when it was new.</summary>
    public string EntryId => _entryId ??= IsReplay ? ReplayStream.OriginOf(Entry) : Entry.Id.ToString();

    /// <summary>True when the event is replayed: the group has failed on it, or somebody wants the group to handle it (again).</summary>
    public bool IsReplay => Source.IsReplay;

    /// <summary>The event.</summary>
    public StreamEvent Event { get; }

    /// <summary>1 for the first delivery, one more for each further one, in this process or another.</summary>
    public int Attempt { get; internal set; }

    internal StreamSource Source { get; }

    internal StreamEntry Entry { get; }

    internal long EntryBytes { get; }

    internal Failure? Failed { get; private set; }

    /// <summary>How often a dependency was away when it was tried.</summary>
    internal int Postponements { get; private set; }

    internal DateTimeOffset? FirstFailedAt { get; set; }

    /// <summary>Sends the event to the dead letters now: no further attempt can help.</summary>
    public void Reject(string reason) => Failed = new Failure("Rejected", reason, FailureKind.Final);

    /// <summary>Has the event delivered again after a back-off, or sends it to the dead letters after the last attempt.</summary>
    public void Retry(Exception cause) => Failed = new Failure(NameOf(cause), cause.Message, FailureKind.Attempt);

    /// <summary>
    /// Reads the event's JSON. False when it has not the form of a <typeparamref name="T"/>: it then goes to the
    /// dead letters, as malformed.
    /// </summary>
    public bool TryRead<T>(JsonTypeInfo<T> json, [MaybeNullWhen(false)] out T value)
    {
        try
        {
            value = JsonSerializer.Deserialize(Event.Data.Span, json);
            if (value is null)
                Failed = Malformed($"The data is null, which is not of the type '{typeof(T).Name}'.");
            return value is not null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            value = default;
            Failed = Malformed($"The data is not of the type '{typeof(T).Name}': {e.Message}");
            return false;
        }
    }

    internal static Failure Malformed(string reason) => new("Malformed", reason, FailureKind.Final);

    /// <summary>Has the event delivered again without counting an attempt.</summary>
    internal void Postpone(Exception cause) => Failed = new Failure(NameOf(cause), cause.Message, FailureKind.NoAttempt);

    internal void Reset() => Failed = null;

    /// <summary>Begins the next attempt, or repeats the last one when it did not count.</summary>
    internal void TryAgain()
    {
        if (Failed is { Kind: FailureKind.Attempt })
            Attempt++;
        else
            Postponements++;
        Failed = null;
    }

    private static string NameOf(Exception e) => e.GetType().FullName ?? e.GetType().Name;

    internal enum FailureKind { Attempt, NoAttempt, Final }

    internal sealed record Failure(string Type, string Message, FailureKind Kind)
    {
        public bool IsFinal => Kind is FailureKind.Final;
    }
}
