using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.OpenApi;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>An event that its stream has.</summary>
/// <param name="Id">The event's id, a UUIDv7.</param>
/// <param name="StreamId">The stream.</param>
internal sealed record AcceptedEvent(Guid Id, string StreamId);

/// <summary>What became of a batch.</summary>
/// <param name="Accepted">How many events their stream has.</param>
/// <param name="Rejected">The others.</param>
internal sealed record BatchAnswer(int Accepted, IReadOnlyList<RejectedLine> Rejected);

/// <summary>A line or element of a batch that was not taken.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Code">Why, for programs.</param>
/// <param name="Detail">Why, in a sentence.</param>
internal sealed record RejectedLine(int Line, string Code, string Detail);

/// <summary>Describes the API of events in the OpenAPI document: what its handlers read and write by hand.</summary>
internal static class EventsApiDescription
{
    public static void DescribePublish(this RouteHandlerBuilder endpoint) => endpoint
        .WithName("PublishEvent")
        .WithSummary("Publishes an event")
        .WithDescription(
            "Takes {\"type\",\"data\",\"correlationId\"?,\"partitionKey\"?}, or a CloudEvents 1.0 request in the structured or "
            + "the binary mode. An Idempotency-Key, or a CloudEvent's source and id, makes a repeated request answer with the "
            + "first one's id. 202 means that the event is on disk.")
        .Takes(("application/json", typeof(NewEvent)), ("application/cloudevents+json", typeof(NewCloudEvent)))
        .AddOpenApiOperationTransformer(static (operation, _, _) =>
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Description = "Any text of your own; a request that repeats it within 24 hours publishes nothing.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
            return Task.CompletedTask;
        })
        .Produces<AcceptedEvent>(StatusCodes.Status202Accepted)
        .ProducesRefusals();

    public static void DescribePublishBatch(this RouteHandlerBuilder endpoint) => endpoint
        .WithName("PublishEvents")
        .WithSummary("Publishes a batch of events")
        .WithDescription(
            "Takes a JSON array or a line of JSON for each event. Bad events do not spoil the others: they are listed with their "
            + "line and the reason.")
        .Takes(
            ("application/json", typeof(NewEvent[])), ("application/x-ndjson", typeof(NewEvent)),
            ("application/cloudevents-batch+json", typeof(NewCloudEvent[])))
        .Produces<BatchAnswer>(StatusCodes.Status202Accepted)
        .ProducesRefusals();

    public static void DescribeRead(this RouteHandlerBuilder endpoint) => endpoint
        .WithName("ReadEvents")
        .WithSummary("Reads stored events, a page at a time")
        .WithDescription("'from' and 'to' are ISO 8601 times, 'order' is asc or desc. Pass nextCursor as 'cursor' for the next page.")
        .Produces<EventPage>()
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status404NotFound);

    public static void DescribeFollow(this RouteHandlerBuilder endpoint) => endpoint
        .WithName("FollowEvents")
        .WithSummary("Follows a stream as it happens")
        .WithDescription(
            "Server-sent events, or a WebSocket where the request asks for one. Resumes after 'after' or Last-Event-ID, the "
            + "entryId of the last event that came.")
        .Produces<LiveEvent>(StatusCodes.Status200OK, "text/event-stream")
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status404NotFound);

    /// <summary>
    /// Describes the body. The framework's Accepts would also enforce it, with an answer that says nothing, and shut out the binary
    /// CloudEvents, which may have any content type.
    /// </summary>
    private static RouteHandlerBuilder Takes(this RouteHandlerBuilder endpoint, params (string ContentType, Type Body)[] bodies) =>
        endpoint.AddOpenApiOperationTransformer(async (operation, context, cancellationToken) =>
        {
            var content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal);
            foreach (var (type, body) in bodies)
            {
                var schema = await context.GetOrCreateSchemaAsync(body, parameterDescription: null, cancellationToken);
                content.Add(type, new OpenApiMediaType { Schema = schema });
            }

            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = content };
        });

    private static void ProducesRefusals(this RouteHandlerBuilder endpoint)
    {
        foreach (var status in (ReadOnlySpan<int>)[400, 404, 413, 415, 429, 503])
            endpoint.ProducesProblem(status);
    }

    /// <summary>An event as it is published.</summary>
    /// <param name="Type">What happened, such as response.received.</param>
    /// <param name="Data">The payload, any JSON.</param>
    /// <param name="CorrelationId">The business conversation that it belongs to.</param>
    /// <param name="PartitionKey">Events with the same key keep their order.</param>
    private sealed record NewEvent(string Type, JsonElement Data, string? CorrelationId = null, string? PartitionKey = null);

    /// <summary>An event in the form of CloudEvents 1.0, which may have attributes of its own besides.</summary>
    /// <param name="SpecVersion">1.0.</param>
    /// <param name="Id">With the source it tells the event from all others; a repeated one is published once.</param>
    /// <param name="Source">Where it happened, a URI or a path.</param>
    /// <param name="Type">What happened.</param>
    /// <param name="Data">The payload, any JSON.</param>
    /// <param name="DataContentType">A type of JSON; application/json where nothing is said.</param>
    /// <param name="Time">When it happened.</param>
    /// <param name="CorrelationId">The business conversation that it belongs to.</param>
    /// <param name="PartitionKey">Events with the same key keep their order.</param>
    private sealed record NewCloudEvent(
        [property: JsonPropertyName("specversion")] string SpecVersion,
        string Id,
        string Source,
        string Type,
        JsonElement? Data = null,
        [property: JsonPropertyName("datacontenttype")] string? DataContentType = null,
        DateTimeOffset? Time = null,
        [property: JsonPropertyName("correlationid")] string? CorrelationId = null,
        [property: JsonPropertyName("partitionkey")] string? PartitionKey = null);

    /// <summary>A page of stored events.</summary>
    /// <param name="Items">The events.</param>
    /// <param name="NextCursor">What to ask for the next page with; null on the last one.</param>
    private sealed record EventPage(IReadOnlyList<StoredEvent> Items, string? NextCursor);

    /// <summary>A stored event.</summary>
    /// <param name="Id">Its id, a UUIDv7.</param>
    /// <param name="StreamId">Its stream.</param>
    /// <param name="Type">What happened.</param>
    /// <param name="Data">The payload.</param>
    /// <param name="Metadata">Correlation, trace, source and entry id.</param>
    /// <param name="CreatedAt">When it was created.</param>
    private sealed record StoredEvent(
        Guid Id, string StreamId, string Type, JsonElement Data, JsonElement Metadata, DateTimeOffset CreatedAt);

    /// <summary>An event as it passes by.</summary>
    /// <param name="Id">Its id, a UUIDv7.</param>
    /// <param name="StreamId">Its stream.</param>
    /// <param name="EntryId">Its place in the stream, to resume after.</param>
    /// <param name="Type">What happened.</param>
    /// <param name="Data">The payload.</param>
    /// <param name="CorrelationId">The business conversation that it belongs to.</param>
    /// <param name="CreatedAt">When it was created.</param>
    private sealed record LiveEvent(
        Guid Id, string StreamId, string EntryId, string Type, JsonElement Data, string? CorrelationId, DateTimeOffset CreatedAt);
}
