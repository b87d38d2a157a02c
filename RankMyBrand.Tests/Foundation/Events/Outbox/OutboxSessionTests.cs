using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class OutboxSessionTests(Servers servers) : IAsyncLifetime
{
    private readonly OutboxPlatform _platform = new(servers);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _platform.InitializeAsync();

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

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
