namespace Microsoft.Extensions.ServiceDiscovery.Http;

/// <summary>Wraps message handlers so that they resolve the hosts of requests.</summary>
public interface IServiceDiscoveryHttpMessageHandlerFactory
{
    /// <summary>Wraps a handler.</summary>
    HttpMessageHandler CreateHandler(HttpMessageHandler handler);
}
