using System.Text.Json;
using System.Text.Json.Serialization;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>The payloads of the pipeline as JSON.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ResponseVisibility))]
[JsonSerializable(typeof(RecommendedAction))]
[JsonSerializable(typeof(PendingAction))]
internal sealed partial class BrandsJson : JsonSerializerContext;
