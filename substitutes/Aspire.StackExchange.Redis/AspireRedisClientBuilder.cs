using Microsoft.Extensions.Hosting;

namespace Aspire.StackExchange.Redis;

/// <summary>Goes on configuring a Redis client.</summary>
public sealed class AspireRedisClientBuilder(IHostApplicationBuilder hostBuilder, StackExchangeRedisSettings settings, string? serviceKey)
{
    /// <summary>The application.</summary>
    public IHostApplicationBuilder HostBuilder { get; } = hostBuilder ?? throw new ArgumentNullException(nameof(hostBuilder));

    /// <summary>The settings of the client.</summary>
    public StackExchangeRedisSettings Settings { get; } = settings;

    /// <summary>The key of the client's services, or null.</summary>
    public string? ServiceKey { get; } = serviceKey;
}
