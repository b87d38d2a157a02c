using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class OutboxSessionTests(Servers servers) : IAsyncLifetime
{
    private readonly OutboxPlatform _platform = new(servers);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _platform.InitializeAsync();

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task Measure_LongBacklog_IsCountedUpToALimit()
    {
        await using (var fill = _platform.Database.CreateCommand(
            """
            INSERT INTO outbox (stream, event_id, event_type, event_data, added_at, rejected)
            SELECT CASE WHEN n > 11000 THEN 'short' ELSE 'long' END, gen_random_uuid(), 't', '{}', now() - interval '1 hour' + n * interval '1 ms',
                   CASE WHEN n % 4000 = 1 THEN 'no' END
            FROM generate_series(1, 11007) n
            """))
            await fill.ExecuteNonQueryAsync(Token);
        await using var session = await OutboxSession.TryLeadAsync(_platform.Database, Token);

        var lags = await session!.MeasureAsync(Token);

        Assert.Equal([("long", OutboxSession.MaxCounted, 3L), ("short", 7L, 0L)], lags.Select(lag => (lag.Stream, lag.Waiting, lag.Rejected)));
        Assert.All(lags, lag => Assert.InRange(lag.OldestAge, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(70)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(1500)]
    public async Task Rest_WithNothingToDo_EndsHoweverShort(int microseconds)
    {
        await using var session = await OutboxSession.TryLeadAsync(_platform.Database, Token);
        // The first rest only falls asleep, so that whoever adds something will notify.
        await session!.RestAsync(TimeSpan.Zero, Token);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        await session.RestAsync(TimeSpan.FromMicroseconds(microseconds), patience.Token);
    }
}
