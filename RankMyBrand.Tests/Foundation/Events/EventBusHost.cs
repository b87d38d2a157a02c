using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>A host with the event bus, against a redis-server of its own.</summary>
internal sealed class EventBusHost : IAsyncDisposable
{
    private readonly IHost _host;

    private EventBusHost(IHost host) => _host = host;

    public IEventBus Bus => _host.Services.GetRequiredService<IEventBus>();

    public IDatabase Redis => _host.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public static async Task<EventBusHost> StartAsync(
        RedisServer redis, Action<IHostApplicationBuilder>? configure = null, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["ConnectionStrings:redis"] = redis.EndPoint;
        foreach (var (key, value) in settings)
            builder.Configuration[key] = value;
        builder.AddEventBus();
        configure?.Invoke(builder);
        return new EventBusHost(await builder.Build().StartOrDisposeAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(TestContext.Current.CancellationToken);
        if (_host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }
}
