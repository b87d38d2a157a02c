using Aspire.StackExchange.Redis;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Foundation.Configuration;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds Redis to a service.</summary>
public static class RedisExtensions
{
    /// <summary>Adds the <see cref="IConnectionMultiplexer"/> of the service, unless it has one.</summary>
    /// <exception cref="InvalidOperationException">The connection string cannot be read.</exception>
    public static void AddRedis(
        this IHostApplicationBuilder builder, string connectionName = "redis", Action<StackExchangeRedisSettings>? configureSettings = null)
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(IConnectionMultiplexer) && !service.IsKeyedService))
            return;
        ConnectionStrings.CheckRedis(builder.Configuration, connectionName);
        builder.AddRedisClient(connectionName, configureSettings);
    }

    /// <summary>Adds another <see cref="IConnectionMultiplexer"/>, with the name of its connection string as its key.</summary>
    /// <exception cref="InvalidOperationException">The connection string cannot be read.</exception>
    public static void AddKeyedRedis(this IHostApplicationBuilder builder, string connectionName)
    {
        ConnectionStrings.CheckRedis(builder.Configuration, connectionName);
        builder.AddKeyedRedisClient(connectionName);
    }
}
