using System.Text.Json;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Foundation.Events;
using RankMyBrand.Tests.Foundation.Events.Consuming;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Docs;

/// <summary>The examples of events, event handlers and replays do what their pages say.</summary>
public sealed class EventExamplesTests : IAsyncLifetime
{
    private const string Stream = "ai.responses";
    private static readonly byte[] s_answer = """{"platform":"gpt-4","response":"Hello"}"""u8.ToArray();

    private RedisServer _redis = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.StartAsync(Cancellation);

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Events_ThreeWaysToPublish_AllReachTheHandler()
    {
        var example = new Examples.Events.Example();
        await using var host = await EventBusHost.StartAsync(_redis, example.AddTo);

        var results = await Examples.Events.Example.PublishAsync(
            host.Bus, s_answer, new("claude", "Hello"), [Event(), Event() with { Data = new byte[2 * 1024 * 1024] }]);

        Assert.Equal([true, false], results.Select(result => result.Rejection is null));
        await Eventually.TrueAsync(() => example.Greeted.Count == 3);
        Assert.Equal(["gpt-4", "claude", "gpt-4"], example.Greeted);
    }

    [Fact]
    public async Task EventHandlers_FunctionClassAndBatches_EachGroupGetsTheEvent()
    {
        var example = new Examples.EventHandlers.Example();
        await using var host = await EventBusHost.StartAsync(_redis, builder =>
        {
            example.AddFunction(builder);
            Examples.EventHandlers.Example.AddClass(builder);
            Examples.EventHandlers.Example.AddBatches(builder);
        });
        var store = host.Get<Examples.EventHandlers.AnswerStore>();
        var answer = Event() with { Tenant = "acme" };

        await host.Bus.PublishAsync(Stream, answer, Cancellation);

        await Eventually.TrueAsync(() => !example.Greeted.IsEmpty && !store.Kept.IsEmpty && !store.Counted.IsEmpty);
        Assert.Equal(["gpt-4 for acme"], example.Greeted);
        Assert.Equal("gpt-4", store.Kept[answer.Id]);
        Assert.Equal(["gpt-4"], store.Counted);
    }

    [Fact]
    public async Task EventHandlers_Options_LeaveOtherTypesOut()
    {
        var example = new Examples.EventHandlers.Example();
        await using var host = await EventBusHost.StartAsync(_redis, example.AddWithOptions);

        await host.Bus.PublishAsync(Stream, Event() with { Type = "another", Data = "1"u8.ToArray() }, Cancellation);
        await host.Bus.PublishAsync(Stream, Event(), Cancellation);

        await Eventually.TrueAsync(() => !example.Greeted.IsEmpty);
        Assert.Equal(0, await host.Redis.StreamLengthAsync($"{{{Stream}}}:dead"));
    }

    [Fact]
    public async Task DeadLetters_ANewGroupFromTheStore_AsksForItsReplay()
    {
        await using var host = await EventBusHost.StartAsync(_redis, Examples.DeadLetters.Example.AddTo);

        IReadOnlyList<Replay> replays = [];
        await Eventually.TrueAsync(async () => (replays = await host.Get<Replays>().ListAsync(Stream, Cancellation)).Count > 0);

        var request = Assert.Single(replays).Request;
        Assert.Equal(("scores", ReplaySource.Store), (request.Group, request.Source));
    }

    [Fact]
    public void Derive_Again_GivesTheSameEvent()
    {
        var json = RankMyBrand.Words.WordsJson.Default.WordCount;
        var origin = Event() with { Tenant = "acme", TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };

        var (first, again) = (origin.Derive("words.counted", new(2), json), origin.Derive("words.counted", new(2), json));

        Assert.Equal((first.Id, first.CreatedAt), (again.Id, origin.CreatedAt));
        Assert.NotEqual(first.Id, origin.Derive("words.listed", new(2), json).Id);
        Assert.Equal(("acme", origin.Id.ToString(), origin.TraceParent), (first.Tenant, first.CorrelationId, first.TraceParent));
        Assert.Equal(2, JsonSerializer.Deserialize(first.Data.Span, json)!.Words);
    }

    private static StreamEvent Event() => new() { Type = "response.received", Data = s_answer };
}
