using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>A fresh database with an outbox, streams of its own in Redis, and as many services that relay as a test wants.</summary>
public sealed class OutboxPlatform(Servers servers) : IAsyncLifetime
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<IHost> _hosts = [];
    private readonly Dictionary<string, string?> _connections = [];

    public NpgsqlDataSource Database { get; private set; } = null!;

    public IConnectionMultiplexer Redis { get; private set; } = null!;

    /// <summary>What another process needs to relay the same outbox.</summary>
    public IReadOnlyDictionary<string, string?> Connections => _connections;

    public static string NewStream() => $"outbox.{Guid.NewGuid():N}";

    public static StreamEvent NewEvent(int number) =>
        new() { Type = "audit.completed", Data = Encoding.UTF8.GetBytes($$"""{"n":{{number}}}""") };

    public async ValueTask InitializeAsync()
    {
        _connections["ConnectionStrings:rankmybrand"] = await servers.CreateDatabaseAsync();
        _connections["ConnectionStrings:redis"] = await servers.GetRedisAsync();
        Database = NpgsqlDataSource.Create(_connections["ConnectionStrings:rankmybrand"]!);
        Redis = await ConnectionMultiplexer.ConnectAsync($"{_connections["ConnectionStrings:redis"]},allowAdmin=true");
    }

    /// <summary>Starts a service with the outbox, whose pauses are short.</summary>
    public async Task<IHost> StartAsync(params (string Key, string Value)[] settings)
    {
        var host = CreateHost([.. _connections.Select(connection => (connection.Key, connection.Value!)), .. settings]);
        _hosts.Add(host);
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public static IHost CreateHost(IEnumerable<(string Key, string Value)> settings, Action<IServiceCollection>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Events:AutoCreateStreams"] = "true",
            ["Events:PublishTimeout"] = "00:00:02",
            ["Outbox:PollInterval"] = "00:00:00.200",
            ["Outbox:MaxBackoff"] = "00:00:00.500",
        });
        foreach (var (key, value) in settings)
            builder.Configuration[key] = value;
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.AddOutbox();
        builder.AddInbox();
        configure?.Invoke(builder.Services);
        return builder.Build();
    }

    /// <summary>Adds events in a transaction of their own.</summary>
    public static async Task AddAsync(IHost host, string stream, params IReadOnlyList<StreamEvent> events)
    {
        var token = TestContext.Current.CancellationToken;
        await using var connection = await host.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(token);
        await using var transaction = await connection.BeginTransactionAsync(token);
        await host.Services.GetRequiredService<Outbox>().AddAsync(transaction, stream, events, token);
        await transaction.CommitAsync(token);
    }

    /// <summary>The numbers of the events in a stream, in its order.</summary>
    public async Task<IReadOnlyList<int>> NumbersInAsync(string stream)
    {
        var entries = await Redis.GetDatabase().StreamRangeAsync(stream);
        return [.. entries.Select(entry => JsonDocument.Parse((ReadOnlyMemory<byte>)entry["data"]).RootElement.GetProperty("n").GetInt32())];
    }

    /// <summary>How many events wait, those put aside included.</summary>
    public async Task<long> CountWaitingAsync()
    {
        await using var command = Database.CreateCommand("SELECT count(*) FROM outbox");
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    /// <summary>Waits until the outbox holds no more than <paramref name="remaining"/> events.</summary>
    public async Task WaitUntilRelayedAsync(long remaining = 0)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        while (await CountWaitingAsync() > remaining)
            await Task.Delay(20, patience.Token);
    }

    /// <summary>Ends the database session of the relay that leads, as a crash of its machine would.</summary>
    public async Task TerminateLeaderAsync()
    {
        await using var command = Database.CreateCommand(
            """
            SELECT pg_terminate_backend(pid) FROM pg_locks
            WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A setting that gives a service's Redis connections a name, by which <see cref="CutRedisConnectionsAsync"/> finds them.</summary>
    public (string Key, string Value) NameRedisConnections(string name) =>
        ("ConnectionStrings:redis", $"{_connections["ConnectionStrings:redis"]},name={name}");

    /// <summary>Closes the Redis connections of that name from the server's side, for other tests use the same server. Returns how many.</summary>
    public async Task<int> CutRedisConnectionsAsync(string name)
    {
        var redis = Redis.GetDatabase();
        var clients = ((string)(await redis.ExecuteAsync("CLIENT", "LIST"))!).Split('\n')
            .Select(line => line.Split(' '))
            .Where(fields => fields.Contains($"name={name}", StringComparer.Ordinal))
            .ToList();
        foreach (var client in clients)
            await redis.ExecuteAsync("CLIENT", "KILL", "ID", client[0]["id=".Length..]);
        return clients.Count;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
        }

        await Redis.DisposeAsync();
        await Database.DisposeAsync();
    }
}
