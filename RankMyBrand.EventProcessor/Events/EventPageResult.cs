using System.Text.Json;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>Writes a page of events; payloads are JSON already and go out as they are.</summary>
internal sealed class EventPageResult(EventPage page) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var item in page.Items)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, item.Id);
            json.WriteString("streamId"u8, item.StreamId);
            json.WriteString("type"u8, item.Type);
            json.WritePropertyName("data"u8);
            json.WriteRawValue(item.Data, skipInputValidation: true);
            json.WritePropertyName("metadata"u8);
            json.WriteRawValue(item.Metadata, skipInputValidation: true);
            json.WriteString("createdAt"u8, item.CreatedAt);
            json.WriteEndObject();
            if (json.BytesPending > 64 * 1024)
                await json.FlushAsync(httpContext.RequestAborted);
        }

        json.WriteEndArray();
        if (page.NextCursor is { } next)
            json.WriteString("nextCursor"u8, EventCursor.Format(next));
        else
            json.WriteNull("nextCursor"u8);
        json.WriteEndObject();
    }
}
