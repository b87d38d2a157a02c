using RankMyBrand.Gateway.Routing.Upstreams;

namespace RankMyBrand.Gateway.Routing.Services;

/// <summary>
/// Knows the services behind <c>/services/NAME</c> and where their instances are. The configuration is one; register another in its
/// place to take them from a registry.
/// </summary>
internal interface IServiceCatalog
{
    /// <summary>
    /// Yields all services as soon as they are known, and all of them anew whenever something has changed. When the sequence ends or
    /// throws, the services last heard of stay, and it is begun again.
    /// </summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">
    /// At the first step: what the services are taken from cannot be understood, so the gateway must not start.
    /// </exception>
    IAsyncEnumerable<IReadOnlyList<Service>> WatchAsync(CancellationToken cancellationToken);
}

/// <summary>A service and its instances.</summary>
internal sealed record Service
{
    /// <summary>The name in the path: letters, digits and hyphens, at most 63.</summary>
    public required string Name { get; init; }

    /// <summary>The instances that are up; none is not an error.</summary>
    public required IReadOnlyList<Uri> Instances { get; init; }

    public UpstreamOptions Options { get; init; } = new();

    /// <summary>The largest request body in bytes; null for 10 MiB, -1 for no limit.</summary>
    public long? MaxRequestBodySize { get; init; }

    /// <summary>Metadata of the service's route: who may call it (Scopes, Roles, Anonymous) and how often.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
