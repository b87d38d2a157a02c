using System.Buffers;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>
/// Reads the one event of a request: the plain form, or a CloudEvent in the structured or the binary mode of its HTTP binding.
/// </summary>
internal static class EventRequest
{
    public static async Task<(StreamEvent? Event, IResult? Refusal)> ReadAsync(
        HttpContext http, int maxEventBytes, CancellationToken cancellationToken)
    {
        var isBinary = http.Request.Headers.ContainsKey("ce-specversion");
        if (!isBinary && !CloudEvent.IsJson(http.Request.ContentType ?? ""))
        {
            return (null, Problem.Create(
                ProblemCode.Validation,
                $"The content type '{http.Request.ContentType}' is not an event; send application/json or application/cloudevents+json.",
                StatusCodes.Status415UnsupportedMediaType));
        }

        var body = await ReadBodyAsync(http.Request, maxEventBytes + EventsOptions.MaxEnvelopeBytes, cancellationToken);
        if (body is null)
        {
            return (null, Problem.Create(
                ProblemCode.Validation, $"The event is larger than {maxEventBytes} bytes.", StatusCodes.Status413PayloadTooLarge));
        }

        var context = EventContext.Of(http);
        var fault = isBinary
            ? BinaryCloudEvent.TryRead(http.Request, body, context, out var @event)
            : EventParser.TryParse(body, context, context.IdempotencyKey, out @event);
        if (fault is null && @event!.Data.Length > maxEventBytes)
        {
            return (null, Problem.Create(
                ProblemCode.Validation,
                $"The event's data has {@event.Data.Length} bytes; at most {maxEventBytes} are taken.",
                StatusCodes.Status413PayloadTooLarge));
        }

        return fault is null ? (@event, null) : (null, Problem.Create(ProblemCode.Validation, fault));
    }

    /// <summary>The body, or null when it is longer than it may be.</summary>
    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            return null;
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > limit)
                return null;
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
