using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

/// <summary>One server for a class of tests, and a client of it for each version of the protocol.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private readonly Dictionary<RedisProtocol, ConnectionMultiplexer> _clients = [];
    private RedisServer? _server;

    public string EndPoint => _server!.EndPoint;

    public IConnectionMultiplexer Client(RedisProtocol protocol) => _clients[protocol];

    public IDatabase Database(RedisProtocol protocol, int number = -1) => _clients[protocol].GetDatabase(number);

    /// <summary>A key that no other test uses.</summary>
    public static RedisKey Key(string name = "key") => $"{name}:{Guid.NewGuid():N}";

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync(TestContext.Current.CancellationToken, "--enable-debug-command", "local");
        foreach (var protocol in (RedisProtocol[])[RedisProtocol.Resp2, RedisProtocol.Resp3])
        {
            var options = ConfigurationOptions.Parse(EndPoint);
            options.Protocol = protocol;
            options.AllowAdmin = true;
            // A loaded machine may make a test wait; none of them is about the usual timeout.
            options.AsyncTimeout = 30_000;
            options.SyncTimeout = 30_000;
            _clients[protocol] = await ConnectionMultiplexer.ConnectAsync(options);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values) await client.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }
}
