namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Options of endpoint resolution.</summary>
public sealed class ServiceDiscoveryOptions
{
    /// <summary>Whether every scheme a caller asks for is allowed. When false, only <see cref="AllowedSchemes"/> are.</summary>
    public bool AllowAllSchemes { get; set; } = true;

    /// <summary>How old the answer of a provider without change notification may grow.</summary>
    public TimeSpan RefreshPeriod { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The schemes that may be used when <see cref="AllowAllSchemes"/> is false.</summary>
    public IList<string> AllowedSchemes { get; set; } = [];

    /// <summary>Returns the requested schemes that are allowed, in the order of the request.</summary>
    public IReadOnlyList<string> ApplyAllowedSchemes(IReadOnlyList<string> requestedSchemes)
    {
        ArgumentNullException.ThrowIfNull(requestedSchemes);
        if (requestedSchemes.Count == 0)
        {
            return AllowAllSchemes ? [] : [.. AllowedSchemes];
        }

        return AllowAllSchemes
            ? requestedSchemes
            : [.. requestedSchemes.Where(scheme => AllowedSchemes.Contains(scheme, StringComparer.OrdinalIgnoreCase))];
    }
}
