using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.ServiceDiscovery.Http;

/// <summary>Sends a request to an endpoint of the service that its URI names.</summary>
internal sealed class ResolvingDelegatingHandler(EndpointSelector selector, IOptions<ServiceDiscoveryOptions> options) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } original)
        {
            throw new InvalidOperationException("The request has no absolute URI: set HttpClient.BaseAddress or request an absolute URI.");
        }

        var endpoint = await selector.SelectAsync(original, cancellationToken);
        var originalHost = request.Headers.Host;
        request.RequestUri = Rewrite(original, endpoint.EndPoint);
        request.Headers.Host ??= endpoint.Features.Get<IHostNameFeature>()?.HostName;
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // A retry sends the same message again and must be able to pick another endpoint.
            request.RequestUri = original;
            request.Headers.Host = originalHost;
        }
    }

    private Uri Rewrite(Uri original, EndPoint endPoint)
    {
        var builder = new UriBuilder(original);
        switch (endPoint)
        {
            case UriEndPoint { Uri: var address }:
                (builder.Scheme, builder.Host, builder.Port) = (address.Scheme, address.Host, address.Port);
                if (address.AbsolutePath.Length > 1)
                {
                    builder.Path = $"{address.AbsolutePath.TrimEnd('/')}/{original.AbsolutePath.TrimStart('/')}";
                }

                return builder.Uri;
            case DnsEndPoint dns:
                builder.Host = dns.Host;
                builder.Port = dns.Port > 0 ? dns.Port : builder.Port;
                break;
            case IPEndPoint ip:
                builder.Host = ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{ip.Address}]" : ip.Address.ToString();
                builder.Port = ip.Port > 0 ? ip.Port : builder.Port;
                break;
            default:
                throw new InvalidOperationException($"Endpoints of type {endPoint.GetType()} are not supported.");
        }

        if (original.Scheme.Contains('+', StringComparison.Ordinal))
        {
            builder.Scheme = options.Value.ApplyAllowedSchemes(original.Scheme.Split('+')) is [var best, ..]
                ? best
                : throw new InvalidOperationException($"None of the schemes of '{original}' is allowed by ServiceDiscoveryOptions.AllowedSchemes.");
        }

        return builder.Uri;
    }
}
