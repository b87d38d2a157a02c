using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

/// <summary>Measures what the whole process allocates.</summary>
[Collection(LoadsAlone.Name)]
public sealed class BacklogMemoryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Backlog_Sent_TakesLittleMoreThanItsBytes()
    {
        const int Commands = 2000;
        await using var server = await RedisServer.StartAsync(Cancellation);
        server.Kill();
        var options = ConfigurationOptions.Parse(server.EndPoint + ",abortConnect=false,asyncTimeout=60000");
        options.ReconnectRetryPolicy = new LinearRetry(100);
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        var value = new byte[5000];
        var waiting = Enumerable.Range(0, Commands).Select(i => client.GetDatabase().StringSetAsync("k" + i, value)).ToList();

        var before = GC.GetTotalAllocatedBytes();
        await server.RestartAsync(Cancellation);
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        var allocated = GC.GetTotalAllocatedBytes() - before;

        // They once took 64 KB each, 130 MB in all.
        Assert.True(allocated < 4L * Commands * value.Length, $"{allocated} bytes were allocated for {Commands * value.Length}.");
    }
}
