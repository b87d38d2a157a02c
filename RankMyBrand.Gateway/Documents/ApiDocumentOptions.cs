namespace RankMyBrand.Gateway.Documents;

/// <summary>Settings of the API document; section <c>ApiDocument</c>.</summary>
internal sealed class ApiDocumentOptions
{
    public const string Section = "ApiDocument";

    /// <summary>Where each service's own OpenAPI document is, by the service's name.</summary>
    public Dictionary<string, Uri> Sources { get; } = new(StringComparer.Ordinal);

    /// <summary>How old a service's document may be.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromSeconds(10);
}
