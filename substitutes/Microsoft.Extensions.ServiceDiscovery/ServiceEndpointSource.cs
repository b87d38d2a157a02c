using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>The endpoints of a service at one moment.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ServiceEndpointSource(List<ServiceEndpoint>? endpoints, IChangeToken changeToken, IFeatureCollection features)
{
    /// <summary>The endpoints.</summary>
    public IReadOnlyList<ServiceEndpoint> Endpoints => endpoints ?? (IReadOnlyList<ServiceEndpoint>)[];

    /// <summary>Fires when the endpoints should be asked for again.</summary>
    public IChangeToken ChangeToken { get; } = changeToken;

    /// <summary>What is known about the whole set.</summary>
    public IFeatureCollection Features { get; } = features;

    /// <inheritdoc />
    public override string ToString() => endpoints is { Count: > 0 } ? string.Join(", ", endpoints) : "[]";
}
