using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Takes the name of a service as its address when nobody knows better.</summary>
internal sealed class PassThroughServiceEndpointProviderFactory : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        provider = EndpointParser.TryParseHostAndPort(query.ToString(), out var endPoint) ? new PassThrough(endPoint) : null;
        return provider is not null;
    }

    private sealed class PassThrough(EndPoint endPoint) : IServiceEndpointProvider
    {
        public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            if (endpoints.Endpoints.Count == 0)
            {
                endpoints.Endpoints.Add(ServiceEndpoint.Create(endPoint));
            }

            return default;
        }

        public ValueTask DisposeAsync() => default;
    }
}
