using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>Opens the multiplexer of a client.</summary>
internal static class RedisConnector
{
    public static IConnectionMultiplexer Connect(
        IServiceProvider services, string optionsName, string connectionName, string sectionName, bool traced)
    {
        var options = services.GetRequiredService<IOptionsMonitor<ConfigurationOptions>>().Get(optionsName);
        if (options.EndPoints.Count == 0)
        {
            throw new InvalidOperationException(
                $"No endpoints specified. Ensure a valid connection string was provided in 'ConnectionStrings:{connectionName}' or for the '{sectionName}:ConnectionString' configuration key.");
        }

        options.LoggerFactory ??= services.GetService<ILoggerFactory>();
        // Services are created synchronously, and so is this connection, as in the original.
        var multiplexer = ConnectionMultiplexer.Connect(options);
        if (traced)
        {
            multiplexer.RegisterProfiler(services.GetRequiredService<RedisSpans>().SessionOfCurrentSpan);
        }

        return multiplexer;
    }
}

/// <summary>Connects at start instead of on first use.</summary>
internal sealed class RedisActivator(IServiceProvider services, string? serviceKey) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredKeyedService<IConnectionMultiplexer>(serviceKey);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
