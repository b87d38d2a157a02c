using Npgsql;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>Connections that are reset in the middle of a reply, a hundred times and more, while events flow.</summary>
public sealed class CutTests(CrashablePostgres postgres) : IClassFixture<CrashablePostgres>, IAsyncLifetime
{
    private const int Cuts = 120;

    private RedisServer _redis = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(Token, "--appendonly", "yes", "--appendfsync", "always");
        await using var database = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using var empty = database.CreateCommand("TRUNCATE events");
        await empty.ExecuteNonQueryAsync(Token);
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Redis_ConnectionsCutMidReply_LosesNothingAndStoresNothingTwice()
    {
        await using var proxy = new CuttingProxy(_redis.Port, () => Random.Shared.Next(1, 1 << Random.Shared.Next(6, 18)));
        // A client takes its time to connect again, so several of them make the cuts come faster.
        var services = await Task.WhenAll(Enumerable.Range(0, 6).Select(number => ArchivingService.StartAsync(
            $"127.0.0.1:{proxy.Port},abortConnect=false", postgres.ConnectionString, archives: number > 0, ("Events:PublishTimeout", "00:01:00"))));
        var publishers = new Publishers(services[0].Bus);

        while (proxy.Cuts < Cuts)
            await Task.Delay(20, Token);
        proxy.IsCutting = false;

        await publishers.WaitForMoreAsync(500, Token);
        await Proof.AssertAllStoredOnceAsync(_redis, postgres.ConnectionString, await publishers.StopAsync());
        Assert.Empty(publishers.Refusals);
        await Task.WhenAll(services.Select(service => service.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Postgres_ConnectionsCutMidReply_LosesNothingAndStoresNothingTwice()
    {
        await using var proxy = new CuttingProxy(postgres.Port, () => Random.Shared.Next(1, 1 << Random.Shared.Next(4, 12)));
        var throughProxy = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Port = proxy.Port, Timeout = 5 }.ConnectionString;
        await using var first = await ArchivingService.StartAsync(_redis.EndPoint, throughProxy);
        await using var second = await ArchivingService.StartAsync(_redis.EndPoint, throughProxy);
        var publishers = new Publishers(first.Bus);

        while (proxy.Cuts < Cuts)
            await Task.Delay(20, Token);
        proxy.IsCutting = false;

        await publishers.WaitForMoreAsync(500, Token);
        await Proof.AssertAllStoredOnceAsync(_redis, postgres.ConnectionString, await publishers.StopAsync());
        Assert.Empty(publishers.Refusals);
    }
}
