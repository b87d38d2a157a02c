using Microsoft.Extensions.Logging;
using RankMyBrand.Tests.Gateway;
using RankMyBrand.Tests.Support;

[assembly: AssemblyFixture(typeof(Gateways))]

namespace RankMyBrand.Tests.Gateway;

/// <summary>Starts gateways. They share one Redis, which the first of them starts.</summary>
public sealed class Gateways : IAsyncDisposable
{
    private readonly Lazy<Task<RedisServer>> _redis = new(() => RedisServer.StartAsync(CancellationToken.None));

    internal Task<GatewayHost> StartAsync(RawBackend backend, params IEnumerable<(string Key, string Value)> settings) =>
        StartAsync(backend.Address, null, settings);

    internal async Task<GatewayHost> StartAsync(
        Uri backend, ILoggerProvider? log, params IEnumerable<(string Key, string Value)> settings) =>
        await GatewayHost.StartAsync((await _redis.Value).EndPoint, backend, log, settings);

    public async ValueTask DisposeAsync()
    {
        if (_redis.IsValueCreated)
            await (await _redis.Value).DisposeAsync();
    }
}
