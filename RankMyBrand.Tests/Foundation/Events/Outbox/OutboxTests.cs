using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class OutboxTests(Servers servers) : IAsyncLifetime
{
    private readonly OutboxPlatform _platform = new(servers);
    private readonly string _stream = OutboxPlatform.NewStream();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _platform.InitializeAsync();

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task Add_Committed_IsPublishedWhole()
    {
        var host = await _platform.StartAsync();
        var added = new StreamEvent
        {
            Type = "audit.completed",
            Data = """{ "n": 1, "n2":1.10 }"""u8.ToArray(),
            CorrelationId = "audit 7",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Tenant = "acme",
            Source = "tests",
            PartitionKey = "brand 7",
            Attributes = """{"subject":"x"}"""u8.ToArray(),
        };

        await OutboxPlatform.AddAsync(host, _stream, added);
        await _platform.WaitUntilRelayedAsync();

        var entry = Assert.Single(await _platform.Redis.GetDatabase().StreamRangeAsync(_stream));
        Assert.True(EventEntry.TryRead(entry.Id.ToString(), entry.Values, out var read, out _));
        Assert.Equal("""{ "n": 1, "n2":1.10 }""", Encoding.UTF8.GetString(read!.Data.Span));
        Assert.Equal("""{"subject":"x"}""", Encoding.UTF8.GetString(read.Attributes!.Value.Span));
        Assert.Equal(added with { Data = default, Attributes = null }, read with { Data = default, Attributes = null });
    }

    [Fact]
    public async Task Add_BareEvent_IsPublishedWithoutEmptyFields()
    {
        var host = await _platform.StartAsync();
        var added = OutboxPlatform.NewEvent(1) with { TraceParent = null };

        await OutboxPlatform.AddAsync(host, _stream, added);
        await _platform.WaitUntilRelayedAsync();

        var entry = Assert.Single(await _platform.Redis.GetDatabase().StreamRangeAsync(_stream));
        Assert.True(EventEntry.TryRead(entry.Id.ToString(), entry.Values, out var read, out _));
        Assert.Equal((null, null, null, null), (read!.Attributes, read.Tenant, read.Source, read.TraceParent));
    }

    [Fact]
    public async Task Add_RolledBack_IsNeverPublished()
    {
        var host = await _platform.StartAsync();
        await using (var connection = await _platform.Database.OpenConnectionAsync(Token))
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await host.Services.GetRequiredService<Outbox>().AddAsync(transaction, _stream, OutboxPlatform.NewEvent(1), Token);
            await transaction.RollbackAsync(Token);
        }

        await OutboxPlatform.AddAsync(host, _stream, OutboxPlatform.NewEvent(2));
        await _platform.WaitUntilRelayedAsync();

        Assert.Equal([2], await _platform.NumbersInAsync(_stream));
    }

    [Fact]
    public async Task Add_ManyTransactionsToSeveralStreams_KeepsTheOrderOfEach()
    {
        var host = await _platform.StartAsync(("Outbox:BatchSize", "7"));
        var streams = Enumerable.Range(0, 4).Select(_ => OutboxPlatform.NewStream()).ToArray();

        await Task.WhenAll(streams.Select(async stream =>
        {
            for (var number = 0; number < 100; number += 2)
                await OutboxPlatform.AddAsync(host, stream, OutboxPlatform.NewEvent(number), OutboxPlatform.NewEvent(number + 1));
        }));
        await _platform.WaitUntilRelayedAsync();

        foreach (var stream in streams)
            Assert.Equal(Enumerable.Range(0, 100), await _platform.NumbersInAsync(stream));
    }

    [Fact]
    public async Task Add_WhileTheRelaySleeps_WakesIt()
    {
        // With these pauses only the notification can make it in time.
        var host = await _platform.StartAsync(("Outbox:PollInterval", "00:05:00"));
        await OutboxPlatform.AddAsync(host, _stream, OutboxPlatform.NewEvent(1));
        await _platform.WaitUntilRelayedAsync();

        await OutboxPlatform.AddAsync(host, _stream, OutboxPlatform.NewEvent(2));
        await _platform.WaitUntilRelayedAsync();

        Assert.Equal([1, 2], await _platform.NumbersInAsync(_stream));
    }

    [Fact]
    public async Task Add_WhatCanNeverBePublished_FailsInTheTransaction()
    {
        var host = await _platform.StartAsync(("Events:AutoCreateStreams", "false"), ("Events:MaxEventBytes", "100"));

        var unknown = await Assert.ThrowsAsync<EventRejectedException>(() => OutboxPlatform.AddAsync(host, _stream, OutboxPlatform.NewEvent(1)));
        var large = await Assert.ThrowsAsync<EventRejectedException>(() => OutboxPlatform.AddAsync(
            host, "metrics.raw", OutboxPlatform.NewEvent(1) with { Data = Encoding.UTF8.GetBytes($"\"{new string('x', 100)}\"") }));
        await Assert.ThrowsAsync<ArgumentException>(() => OutboxPlatform.AddAsync(
            host, "metrics.raw", OutboxPlatform.NewEvent(1) with { Data = "{"u8.ToArray() }));

        var timeless = await Assert.ThrowsAsync<EventRejectedException>(() => OutboxPlatform.AddAsync(
            host, "metrics.raw", OutboxPlatform.NewEvent(1) with { Id = Guid.NewGuid() }));
        var typeless = await Assert.ThrowsAsync<EventRejectedException>(() => OutboxPlatform.AddAsync(
            host, "metrics.raw", OutboxPlatform.NewEvent(1) with { Type = "" }));

        Assert.Equal(RejectionReason.UnknownStream, unknown.Rejection.Reason);
        Assert.All([large, timeless, typeless], refused => Assert.Equal(RejectionReason.Invalid, refused.Rejection.Reason));
    }

    [Fact]
    public async Task Relay_StreamIsFull_WaitsWithItAndPassesTheOthers()
    {
        var host = await _platform.StartAsync(($"Events:Streams:{_stream}:MaxLength", "10"));
        var other = OutboxPlatform.NewStream();

        await OutboxPlatform.AddAsync(host, _stream, [.. Enumerable.Range(0, 25).Select(OutboxPlatform.NewEvent)]);
        await OutboxPlatform.AddAsync(host, other, [.. Enumerable.Range(0, 25).Select(OutboxPlatform.NewEvent)]);
        await _platform.WaitUntilRelayedAsync(remaining: 15);
        var relayed = new List<int>(await _platform.NumbersInAsync(_stream));
        Assert.Equal(Enumerable.Range(0, 25), await _platform.NumbersInAsync(other));

        while (relayed.Count < 25)
        {
            await _platform.Redis.GetDatabase().KeyDeleteAsync(_stream);
            await _platform.WaitUntilRelayedAsync(Math.Max(0, 15 - relayed.Count));
            relayed.AddRange(await _platform.NumbersInAsync(_stream));
        }

        Assert.Equal(Enumerable.Range(0, 25), relayed);
    }

    [Fact]
    public async Task Relay_EventThatTheStreamWillNeverTake_IsPutAsideAndTheOthersPass()
    {
        var generous = await _platform.StartAsync(("Outbox:Relay", "false"));
        await OutboxPlatform.AddAsync(generous, _stream, OutboxPlatform.NewEvent(1));
        await OutboxPlatform.AddAsync(
            generous, _stream, OutboxPlatform.NewEvent(2) with { Data = """{"n":2,"text":"more than forty bytes, which is the limit"}"""u8.ToArray() });
        await OutboxPlatform.AddAsync(generous, _stream, OutboxPlatform.NewEvent(3));

        await _platform.StartAsync(("Events:MaxEventBytes", "40"));
        await _platform.WaitUntilRelayedAsync(remaining: 1);

        Assert.Equal([1, 3], await _platform.NumbersInAsync(_stream));
        await using var command = _platform.Database.CreateCommand("SELECT rejected FROM outbox");
        Assert.Contains("MaxEventBytes", (string)(await command.ExecuteScalarAsync(Token))!, StringComparison.Ordinal);
    }
}
