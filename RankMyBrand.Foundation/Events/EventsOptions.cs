using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.Foundation.Events;

/// <summary>Settings of the event bus; section <c>Events</c>.</summary>
public sealed class EventsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Events";

    /// <summary>What an event may have beside its payload: a type, ids and attributes.</summary>
    public const int MaxEnvelopeBytes = 64 * 1024;

    /// <summary>Sections within <see cref="Section"/> that are options of their own.</summary>
    internal static readonly string[] OtherSections = [EventArchiveOptions.Section];

    /// <summary>The streams that exist, by name. Configuration adds to those known from the start.</summary>
    public Dictionary<string, StreamOptions> Streams { get; } = new(StringComparer.Ordinal)
    {
        ["ai.responses"] = new() { MaxLength = 100_000 },
        ["metrics.raw"] = new() { MaxLength = 50_000 },
        ["actions.pending"] = new() { MaxLength = 10_000 },
        ["metrics.calculated"] = new(),
        ["actions.recommended"] = new(),
    };

    /// <summary>
    /// True lets publishing to an unknown stream create it, with the default settings. The archive finds such streams by themselves where
    /// its service has this setting, too.
    /// </summary>
    public bool AutoCreateStreams { get; set; }

    /// <summary>The largest payload of one event, in bytes.</summary>
    [Range(1, 64 * 1024 * 1024)]
    public int MaxEventBytes { get; set; } = 1024 * 1024;

    /// <summary>How long a deduplication key is remembered.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan DeduplicationWindow { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long a publish goes on trying while Redis is away. A try whose reply was lost is repeated with the same event id.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The Redis keys that hold a stream, one for each of its partitions, in their order.</summary>
    public IReadOnlyList<string> KeysOf(string stream)
    {
        var partitions = Streams.GetValueOrDefault(stream)?.Partitions ?? 1;
        return [.. Enumerable.Range(0, partitions).Select(partition => StreamPartitions.KeyOf(stream, partition))];
    }

    /// <summary>Null when the stream exists or may be created; else the refusal, which lists those that exist.</summary>
    public EventRejection? Refuse(string stream) =>
        Streams.ContainsKey(stream) || (AutoCreateStreams && StreamName.IsValid(stream))
            ? null
            : new EventRejection(
                RejectionReason.UnknownStream,
                $"There is no stream '{stream}'. Known streams: {string.Join(", ", Streams.Keys.Order(StringComparer.Ordinal))}. "
                + $"Add it under {Section}:Streams, or set {Section}:AutoCreateStreams to true.");

    /// <summary>The refusal of an event that no stream can take; null for all others.</summary>
    internal EventRejection? Refuse(StreamEvent @event, DateTimeOffset now) => FaultOf(@event, now) is { } fault
        ? new EventRejection(RejectionReason.Invalid, fault)
        : null;

    private string? FaultOf(StreamEvent @event, DateTimeOffset now)
    {
        if (@event.Type.Length == 0)
            return "The event has no type.";
        if (@event.Data.Length > MaxEventBytes)
        {
            return $"The event's data has {@event.Data.Length} bytes; at most {MaxEventBytes} are taken "
                + $"({Section}:{nameof(MaxEventBytes)}).";
        }

        if (EventEntry.SizeOf(@event) - @event.Data.Length is var envelope and > MaxEnvelopeBytes)
            return $"The event has {envelope} bytes beside its data; at most {MaxEnvelopeBytes} are taken.";
        return EventTime.FaultOf(@event.Id, now);
    }
}

/// <summary>Settings of one stream.</summary>
public sealed class StreamOptions
{
    /// <summary>
    /// How many entries the stream holds, all partitions together. Beyond it acknowledged entries are trimmed; when that is not enough,
    /// <see cref="Overflow"/> says what becomes of a publish.
    /// </summary>
    [Range(1, 100_000_000)]
    public long MaxLength { get; set; } = 100_000;

    /// <summary>What happens to a publish while the stream holds as many unacknowledged entries as it may.</summary>
    public OverflowPolicy Overflow { get; set; }

    /// <summary>The age from which acknowledged entries are trimmed, however short the stream is; null keeps them.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan? Retention { get; set; }

    /// <summary>When a publish to the stream is complete.</summary>
    public Durability Durability { get; set; }

    /// <summary>
    /// True appends an event whose id has been published within <see cref="EventsOptions.DeduplicationWindow"/> only once, as if the id
    /// were its <see cref="StreamEvent.DeduplicationKey"/>.
    /// </summary>
    public bool DeduplicateById { get; set; }

    /// <summary>How many dead letters each partition of the stream keeps.</summary>
    [Range(1, 10_000_000)]
    public long MaxDeadLetters { get; set; } = 10_000;

    /// <summary>What happens to a further dead letter when there are as many as may be.</summary>
    public DeadLetterOverflow DeadLetterOverflow { get; set; }

    /// <summary>
    /// Over how many Redis keys the stream is spread. Events with the same <see cref="StreamEvent.PartitionKey"/> go to the same one and
    /// keep their order; for the others the deduplication key decides, and those without are dealt out in turn. More partitions may be
    /// added while none is ever taken away.
    /// </summary>
    [Range(1, 1024)]
    public int Partitions { get; set; } = 1;
}

/// <summary>What happens to a publish while a stream is full.</summary>
public enum OverflowPolicy
{
    /// <summary>It is refused, with a time to try again: nothing is lost, and the stream never grows beyond its length.</summary>
    Reject,

    /// <summary>
    /// It is taken: the stream is trimmed of acknowledged entries only, and may grow beyond its length while groups are behind.
    /// </summary>
    TrimAcknowledged,
}

/// <summary>What happens to a further dead letter when a stream has as many as it may.</summary>
public enum DeadLetterOverflow
{
    /// <summary>
    /// Its group stands still until somebody has replayed or discarded some: so many failures say that the handler is at fault.
    /// </summary>
    Wait,

    /// <summary>The oldest dead letter is removed for good.</summary>
    DropOldest,
}

/// <summary>When a publish is complete.</summary>
public enum Durability
{
    /// <summary>When Redis has appended the event; what that survives is for the server's <c>appendfsync</c> to say.</summary>
    Appended,

    /// <summary>When Redis has synced its append-only file to disk as well (WAITAOF), whatever <c>appendfsync</c> is.</summary>
    Synced,
}
