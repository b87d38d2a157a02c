using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed class LivePlaceTests
{
    private const string Stream = "metrics.raw";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("0-0", true)]
    [InlineData("18446744073709551615-18446744073709551614", true)]
    [InlineData("18446744073709551615-18446744073709551615", false)]
    [InlineData("1-1,18446744073709551615-18446744073709551615", false)]
    public void Parse_OnlyWhatAnEntryCanFollow_IsAPlace(string text, bool expected) =>
        Assert.Equal(expected, LivePlace.Parse(text, text.Split(',').Length) is not null);

    [Fact]
    public async Task Listen_ResumedFromAPlace_IsNotToldThePastOfSilentPartitions()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ($"Events:Streams:{Stream}:Partitions", "4"));
        await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 40).Select(i => EventBusTests.Event($"{i}"))], Cancellation);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint);
        var options = Options.Create(new EventsOptions { Streams = { [Stream] = new() { Partitions = 4 } } });
        await using var live = new LiveEvents(connection, options, TimeProvider.System, NullLogger<LiveEvents>.Instance);

        LiveEvent heard;
        using (var listener = await live.ListenAsync(new LiveTopic(Stream), Cancellation))
        {
            await host.Bus.PublishAsync(Stream, EventBusTests.Event("100") with { PartitionKey = "k" }, Cancellation);
            heard = await listener.ReadAllAsync(Cancellation).FirstAsync(Cancellation);
        }

        await host.Bus.PublishAsync(Stream, EventBusTests.Event("101") with { PartitionKey = "k" }, Cancellation);
        using var resumed = await live.ListenAsync(new LiveTopic(Stream) { After = heard.EntryId }, Cancellation);
        var next = await resumed.ReadAllAsync(Cancellation).FirstAsync(Cancellation);

        Assert.Equal("100"u8, heard.Event.Data.Span);
        Assert.Equal("101"u8, next.Event.Data.Span);
    }

    [Fact]
    public async Task Listen_WhileAnotherListens_ResumesWhereItJoined()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, settings: ($"Events:Streams:{Stream}:Partitions", "4"));
        var live = host.Get<LiveEvents>();
        using var first = await live.ListenAsync(new LiveTopic(Stream), Cancellation);
        await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 40).Select(i => EventBusTests.Event($"{i}"))], Cancellation);
        Assert.Equal(40, await first.ReadAllAsync(Cancellation).Take(40).CountAsync(Cancellation));

        LiveEvent heard;
        using (var second = await live.ListenAsync(new LiveTopic(Stream), Cancellation))
        {
            await host.Bus.PublishAsync(Stream, EventBusTests.Event("100") with { PartitionKey = "k" }, Cancellation);
            heard = await second.ReadAllAsync(Cancellation).FirstAsync(Cancellation);
        }

        await host.Bus.PublishAsync(Stream, EventBusTests.Event("101") with { PartitionKey = "k" }, Cancellation);
        using var resumed = await live.ListenAsync(new LiveTopic(Stream) { After = heard.EntryId }, Cancellation);
        var next = await resumed.ReadAllAsync(Cancellation).FirstAsync(Cancellation);

        Assert.Equal("100"u8, heard.Event.Data.Span);
        Assert.Equal("101"u8, next.Event.Data.Span);
    }
}
