using System.Globalization;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>The HTTP API of events: publish one, publish a batch, read what is stored.</summary>
internal static class EventsApi
{
    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("/api/events/{stream}").WithTags("Events");
        events.MapPost("/", Publish).DescribePublish();
        events.MapPost("/batch", PublishBatch).DescribePublishBatch();
        events.MapGet("/", Read).DescribeRead();
    }

    private static async Task<IResult> Publish(
        string stream, HttpContext http, IEventBus bus, IOptions<EventsOptions> options, CancellationToken cancellationToken)
    {
        if (options.Value.Refuse(stream) is { } unknown)
            return Refusal.Of(unknown);

        var read = await EventRequest.ReadAsync(http, options.Value.MaxEventBytes, cancellationToken);
        if (read.Event is not { } @event)
            return read.Refusal!;

        var result = (await bus.PublishAsync(stream, [@event], cancellationToken))[0];
        return result.Rejection is { } rejection
            ? Refusal.Of(rejection)
            : TypedResults.Accepted((string?)null, new AcceptedEvent(result.Published.Id, stream));
    }

    private static async Task<IResult> PublishBatch(
        string stream, HttpContext http, IEventBus bus, IOptions<EventsOptions> options, CancellationToken cancellationToken)
    {
        if (options.Value.Refuse(stream) is { } unknown)
            return Refusal.Of(unknown);
        if (BatchReader.For(http.Request, options.Value.MaxEventBytes) is not { } lines)
        {
            return Problem.Create(
                ProblemCode.Validation,
                $"The content type '{http.Request.ContentType}' is not a batch; send application/json with an array, "
                + "application/x-ndjson, or application/cloudevents-batch+json.",
                StatusCodes.Status415UnsupportedMediaType);
        }

        var batch = new BatchPublisher(bus, stream, EventContext.Of(http));
        try
        {
            await foreach (var line in lines.ReadAsync(cancellationToken))
            {
                if (!await batch.AddAsync(line, cancellationToken))
                    break;
            }
        }
        catch (FormatException e) when (batch.IsEmpty)
        {
            return Problem.Create(ProblemCode.Validation, e.Message);
        }
        catch (BadHttpRequestException e) when (!batch.IsEmpty)
        {
            // Too large, or cut off: what has been published must not look as if it had not been.
            batch.Break(e.Message);
        }

        return await batch.CompleteAsync(cancellationToken);
    }

    private static async Task<IResult> Read(
        string stream, HttpContext http, EventStore store, IOptions<EventsOptions> options, CancellationToken cancellationToken,
        string? from = null, string? to = null, string? type = null, string? limit = null, string? cursor = null, string? order = null)
    {
        if (options.Value.Refuse(stream) is { } unknown)
            return Refusal.Of(unknown);

        if (type is not null && type.Any(char.IsControl))
            return Invalid("type", type, "a type of events, which has no control characters");
        var query = new EventQuery(stream) { Tenant = EventContext.Of(http).Tenant, Type = type };
        if (from is not null)
        {
            if (!UtcTime.TryParse(from, out var time))
                return Invalid("from", from, "an ISO 8601 time such as 2026-11-21T10:00:00Z");
            query = query with { From = time };
        }

        if (to is not null)
        {
            if (!UtcTime.TryParse(to, out var time))
                return Invalid("to", to, "an ISO 8601 time such as 2026-11-21T11:00:00Z");
            query = query with { To = time };
        }

        if (limit is not null)
        {
            if (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                || count is < 1 or > EventQuery.MaxLimit)
                return Invalid("limit", limit, $"a whole number from 1 to {EventQuery.MaxLimit}");
            query = query with { Limit = count };
        }

        if (cursor is not null)
        {
            if (!EventCursor.TryParse(cursor, out var after))
                return Invalid("cursor", cursor, "the nextCursor of the page before");
            query = query with { After = after };
        }

        if (order is not (null or "asc" or "desc"))
            return Invalid("order", order, "asc (oldest first) or desc (newest first, the default)");
        query = query with { Ascending = order is "asc" };

        return new EventPageResult(await store.ReadAsync(query, cancellationToken));
    }

    private static ProblemResult Invalid(string parameter, string value, string expected) =>
        Problem.Create(ProblemCode.Validation, $"The query parameter '{parameter}' is '{value}'; it must be {expected}.");
}
