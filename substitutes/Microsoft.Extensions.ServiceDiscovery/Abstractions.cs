using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Collects the endpoints of a service while its providers are asked in turn.</summary>
public interface IServiceEndpointBuilder
{
    /// <summary>The endpoints found so far.</summary>
    IList<ServiceEndpoint> Endpoints { get; }

    /// <summary>What is known about the whole set.</summary>
    IFeatureCollection Features { get; }

    /// <summary>Adds a token whose change makes the set stale.</summary>
    void AddChangeToken(IChangeToken changeToken);
}

/// <summary>Finds the endpoints of one service.</summary>
public interface IServiceEndpointProvider : IAsyncDisposable
{
    /// <summary>Adds what this provider knows. A provider that finds endpoints present leaves them alone.</summary>
    ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken);
}

/// <summary>Makes providers for queries.</summary>
public interface IServiceEndpointProviderFactory
{
    /// <summary>Makes a provider, or answers false when this factory has nothing to say about the query.</summary>
    bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider);
}

/// <summary>The host name to send to an endpoint when it differs from its address.</summary>
public interface IHostNameFeature
{
    /// <summary>The host name.</summary>
    string HostName { get; }
}
