using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Administration;

/// <summary>A dead letter without its payload.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Stream">The stream it came from.</param>
/// <param name="Group">The group that could not handle it.</param>
/// <param name="EntryId">The id of its entry in the stream.</param>
/// <param name="Consumer">The consumer that gave it up.</param>
/// <param name="ErrorType">The type of the last error.</param>
/// <param name="ErrorMessage">The message of the last error.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="FirstFailedAt">When it failed first.</param>
/// <param name="LastFailedAt">When it failed last.</param>
/// <param name="EventId">The event's id; null when the entry is no event.</param>
/// <param name="EventType">The event's type; null when the entry is no event.</param>
internal record DeadLetterView(
    string Id, string Stream, string Group, string EntryId, string Consumer, string ErrorType, string ErrorMessage, int Attempts,
    DateTimeOffset? FirstFailedAt, DateTimeOffset? LastFailedAt, Guid? EventId, string? EventType)
{
    public static DeadLetterView Of(DeadLetter letter) => new(
        letter.Id, letter.Stream, letter.Group, letter.EntryId, letter.Consumer, letter.ErrorType, letter.ErrorMessage, letter.Attempts,
        letter.FirstFailedAt, letter.LastFailedAt, letter.Event?.Id, letter.Event?.Type);
}

/// <summary>A dead letter with everything that is known of it.</summary>
internal sealed record DeadLetterDetail : DeadLetterView
{
    /// <summary>How it is written: an event's data may be nested more deeply than JSON is by default.</summary>
    public static JsonSerializerOptions Format { get; } =
        new(JsonSerializerDefaults.Web) { MaxDepth = JsonText.MaxDepth + 2, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    private static readonly JsonDocumentOptions s_deep = new() { MaxDepth = JsonText.MaxDepth + 1 };

    private DeadLetterDetail(DeadLetterView view)
        : base(view)
    {
    }

    /// <summary>The event; null when the entry is none.</summary>
    public DeadEvent? Event { get; private init; }

    /// <summary>The fields of the entry as they were; bytes that are no text are shown as U+FFFD.</summary>
    public IReadOnlyList<FieldView> Fields { get; private init; } = [];

    public static new DeadLetterDetail Of(DeadLetter letter) => new(DeadLetterView.Of(letter))
    {
        Event = letter.Event is { } @event
            ? new DeadEvent(
                @event.Id, @event.Type, @event.CreatedAt, @event.CorrelationId, @event.Tenant, @event.Source, @event.PartitionKey,
                Json(@event.Data),
                @event.Attributes is { } attributes ? Json(attributes) : null)
            : null,
        Fields = [.. letter.Fields.Select(field => new FieldView(field.Name, Encoding.UTF8.GetString(field.Value.Span)))],
    };

    private static JsonElement Json(ReadOnlyMemory<byte> text)
    {
        using var document = JsonDocument.Parse(text, s_deep);
        return document.RootElement.Clone();
    }
}

/// <summary>The event of a dead letter.</summary>
internal sealed record DeadEvent(
    Guid Id, string Type, DateTimeOffset CreatedAt, string? CorrelationId, string? Tenant, string? Source, string? PartitionKey,
    JsonElement Data, JsonElement? Attributes);

/// <summary>A field of an entry.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
internal sealed record FieldView(string Name, string Value);

/// <summary>A page of dead letters.</summary>
/// <param name="Items">The dead letters.</param>
/// <param name="NextCursor">What to ask for the next page with; null on the last one.</param>
internal sealed record DeadLetterPageView(IReadOnlyList<DeadLetterView> Items, string? NextCursor);

/// <summary>What became of dead letters that were to be replayed.</summary>
/// <param name="Replayed">How many their groups have back.</param>
/// <param name="Missing">How many are not there, or not any more.</param>
/// <param name="Refused">How many have a group that does not exist any more.</param>
internal sealed record ReplayedLetters(long Replayed, long Missing, long Refused);

/// <summary>What became of dead letters that were to be discarded.</summary>
/// <param name="Discarded">How many are gone.</param>
/// <param name="Missing">How many are not there, or not any more.</param>
internal sealed record DiscardedLetters(long Discarded, long Missing);
