using System.Text.Json;
using System.Text.Json.Serialization;

namespace RankMyBrand.Gateway.Hub;

/// <summary>What a client asks of the hub.</summary>
/// <param name="Op">subscribe, unsubscribe or ping.</param>
/// <param name="Stream">The stream that it is about.</param>
/// <param name="After">The last event that the client has seen of it, to resume after.</param>
/// <param name="Type">The only type of event that it wants; null for all.</param>
internal sealed record HubRequest(string? Op, string? Stream = null, string? After = null, string? Type = null)
{
    /// <summary>The longest message that a client may send, in bytes.</summary>
    public const int MaxBytes = 4096;

    /// <summary>Null when the text is not a request.</summary>
    public static HubRequest? Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, HubJson.Default.HubRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, MaxDepth = 4)]
[JsonSerializable(typeof(HubRequest))]
internal sealed partial class HubJson : JsonSerializerContext;
