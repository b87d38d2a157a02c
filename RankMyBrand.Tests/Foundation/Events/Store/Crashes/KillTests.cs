using Npgsql;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>SIGKILL for the servers, again and again, while three publishers publish and two services archive.</summary>
public sealed class KillTests(CrashablePostgres postgres) : IClassFixture<CrashablePostgres>, IAsyncLifetime
{
    private const int Kills = 2;

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
    public async Task Redis_KilledMidBatch_LosesNothingAndStoresNothingTwice()
    {
        await using var first = await ArchivingService.StartAsync(_redis.EndPoint, postgres.ConnectionString);
        await using var second = await ArchivingService.StartAsync(_redis.EndPoint, postgres.ConnectionString);
        var publishers = new Publishers(first.Bus);

        for (var kill = 0; kill < Kills; kill++)
        {
            await publishers.WaitForMoreAsync(1000, Token);
            await _redis.RestartAsync(Token);
        }

        await publishers.WaitForMoreAsync(1000, Token);
        await Proof.AssertAllStoredOnceAsync(_redis, postgres.ConnectionString, await publishers.StopAsync());
        Assert.Empty(publishers.Refusals);
    }

    [Fact]
    public async Task Postgres_KilledMidBatch_LosesNothingAndStoresNothingTwice()
    {
        await using var first = await ArchivingService.StartAsync(_redis.EndPoint, postgres.ConnectionString);
        await using var second = await ArchivingService.StartAsync(_redis.EndPoint, postgres.ConnectionString);
        var publishers = new Publishers(first.Bus);

        for (var kill = 0; kill < Kills; kill++)
        {
            await WaitUntilStoredMoreAsync(1000);
            postgres.Kill();
        }

        await WaitUntilStoredMoreAsync(1000);
        await Proof.AssertAllStoredOnceAsync(_redis, postgres.ConnectionString, await publishers.StopAsync());
        Assert.Empty(publishers.Refusals);
    }

    /// <summary>Waits until the archive stores again, so that each kill meets one at work.</summary>
    private async Task WaitUntilStoredMoreAsync(int events)
    {
        await using var database = NpgsqlDataSource.Create(postgres.ConnectionString);
        long? until = null;
        while (true)
        {
            try
            {
                await using var count = database.CreateCommand("SELECT count(*) FROM events");
                var stored = (long)(await count.ExecuteScalarAsync(Token))!;
                if (stored >= (until ??= stored + events))
                    return;
            }
            catch (NpgsqlException)
            {
                // It is starting again.
            }

            await Task.Delay(20, Token);
        }
    }
}
