using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class InboxTests(Servers servers) : IAsyncLifetime
{
    private readonly OutboxPlatform _platform = new(servers);
    private Inbox _inbox = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _platform.InitializeAsync();
        var host = await _platform.StartAsync(("Outbox:Relay", "false"));
        _inbox = host.Services.GetRequiredService<Inbox>();
    }

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task TryBegin_AfterACommit_IsFalse()
    {
        var @event = OutboxPlatform.NewEvent(1);

        Assert.True(await BeginAsync("billing", @event));
        Assert.False(await BeginAsync("billing", @event));
        Assert.True(await BeginAsync("mail", @event));
    }

    [Fact]
    public async Task TryBegin_AfterARollback_IsTrueAgain()
    {
        var @event = OutboxPlatform.NewEvent(1);

        Assert.True(await BeginAsync("billing", @event, commit: false));
        Assert.True(await BeginAsync("billing", @event));
    }

    [Fact]
    public async Task TryBegin_SameIdOfAnotherTenant_IsAnotherEvent()
    {
        var @event = OutboxPlatform.NewEvent(1) with { Tenant = "acme" };

        Assert.True(await BeginAsync("billing", @event));
        Assert.True(await BeginAsync("billing", @event with { Tenant = "rival" }));
        Assert.True(await BeginAsync("billing", @event with { Tenant = null }));
    }

    [Fact]
    public async Task TryBegin_Concurrently_LetsExactlyOneHaveTheEffect()
    {
        var events = Enumerable.Range(0, 20).Select(OutboxPlatform.NewEvent).ToList();
        await ExecuteAsync("CREATE TABLE effects (event_id uuid)");

        await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            foreach (var @event in events)
            {
                await using var connection = await _platform.Database.OpenConnectionAsync(Token);
                await using var transaction = await connection.BeginTransactionAsync(Token);
                if (await _inbox.TryBeginAsync(transaction, "billing", @event, Token))
                {
                    await using var effect = new NpgsqlCommand("INSERT INTO effects VALUES ($1)", connection, transaction) { Parameters = { new() { Value = @event.Id } } };
                    await effect.ExecuteNonQueryAsync(Token);
                }

                await transaction.CommitAsync(Token);
            }
        }));

        Assert.Equal(20L, await ScalarAsync("SELECT count(*) FROM effects"));
        Assert.Equal(20L, await ScalarAsync("SELECT count(DISTINCT event_id) FROM effects"));
    }

    [Fact]
    public async Task Begin_Batch_ReturnsWhatIsNewInItsOrder()
    {
        var deliveries = Enumerable.Range(0, 6).Select(number => DeliveryOf(OutboxPlatform.NewEvent(number))).ToList();
        await BeginAsync("billing", deliveries[1].Event);
        await BeginAsync("billing", deliveries[4].Event);
        var shuffled = new[] { deliveries[5], deliveries[1], deliveries[0], deliveries[3], deliveries[0], deliveries[4] };

        var fresh = await BeginAsync("billing", shuffled);

        Assert.Equal([deliveries[5], deliveries[0], deliveries[3]], fresh);
        Assert.Empty(await BeginAsync("billing", shuffled));
    }

    [Fact]
    public async Task Begin_OverlappingBatchesInOppositeOrders_DoNotDeadlock()
    {
        var deliveries = Enumerable.Range(0, 100).Select(number => DeliveryOf(OutboxPlatform.NewEvent(number))).ToList();
        IReadOnlyList<Delivery> reversed = [.. deliveries.AsEnumerable().Reverse()];

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => BeginAsync("billing", i % 2 == 0 ? deliveries : reversed)));

        Assert.Equal(100, taken.Sum(fresh => fresh.Count));
    }

    [Fact]
    public async Task Clean_RemovesWhatIsOlderThanTheRetentionOnly()
    {
        await ExecuteAsync(
            """
            INSERT INTO inbox (consumer_group, tenant_id, event_id, taken_at)
            SELECT 'billing', 'default', gen_random_uuid(), now() - interval '8 days' FROM generate_series(1, 12000)
            """);
        var kept = OutboxPlatform.NewEvent(1);
        await BeginAsync("billing", kept);

        await _platform.StartAsync(("Outbox:Relay", "false"), ("Inbox:CleanupInterval", "00:00:01"));

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(OutboxPlatform.Patience);
        while (await ScalarAsync("SELECT count(*) FROM inbox") is not 1L)
            await Task.Delay(50, patience.Token);
        Assert.False(await BeginAsync("billing", kept));
    }

    private static Delivery DeliveryOf(StreamEvent @event) => new("audits", "1-1", @event, attempt: 1);

    private async Task<bool> BeginAsync(string group, StreamEvent @event, bool commit = true)
    {
        await using var connection = await _platform.Database.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var begun = await _inbox.TryBeginAsync(transaction, group, @event, Token);
        if (commit)
            await transaction.CommitAsync(Token);
        return begun;
    }

    private async Task<IReadOnlyList<Delivery>> BeginAsync(string group, IReadOnlyList<Delivery> deliveries)
    {
        await using var connection = await _platform.Database.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var fresh = await _inbox.BeginAsync(transaction, group, deliveries, Token);
        await transaction.CommitAsync(Token);
        return fresh;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _platform.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _platform.Database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Token);
    }
}
