using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public partial class TypedHandlerTests
{
    private const string Stream = "ai.responses";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Function_GetsTheEventWithWhatIsKnownAboutIt()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var got = new TaskCompletionSource<(Greeting Greeting, Delivery Delivery)>();
        await using var host = await EventBusHost.StartAsync(redis, builder => builder.AddEventHandler(
            Stream, "g", (greeting, delivery, _) => Task.FromResult(got.TrySetResult((greeting, delivery))), Json.Default.Greeting));
        var sent = Greet("""{"name":"Ada","times":2}""") with { Tenant = "acme", CorrelationId = "c-1", PartitionKey = "ada" };

        await host.Bus.PublishAsync(Stream, sent, Cancellation);

        var (greeting, delivery) = await got.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.Equal(new Greeting("Ada", 2), greeting);
        Assert.Equal((Stream, 1), (delivery.Stream, delivery.Attempt));
        Assert.Equal((sent.Id, "greeted", "acme", "c-1", "ada", sent.CreatedAt), (
            delivery.Event.Id, delivery.Event.Type, delivery.Event.Tenant, delivery.Event.CorrelationId, delivery.Event.PartitionKey, delivery.Event.CreatedAt));
    }

    [Theory]
    [InlineData("""{"name":"Ada","times":"often"}""", "$.times")]
    [InlineData("""[1,2]""", "Greeting")]
    [InlineData("null", "null, which is not of the type 'Greeting'")]
    public async Task Data_OfAnotherForm_GoesToTheDeadLettersAtOnceAndSaysWhy(string data, string reason)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var names = new ConcurrentQueue<string>();
        await using var host = await StartAsync(redis, names);

        await host.Bus.PublishAsync(Stream, Greet(data), Cancellation);
        await host.Bus.PublishAsync(Stream, Greet("""{"name":"Ada","times":1}"""), Cancellation);

        await Eventually.TrueAsync(async () => await host.Redis.StreamLengthAsync($"{{{Stream}}}:dead") == 1 && names.Count == 1);
        var dead = Assert.Single(await host.Redis.StreamRangeAsync($"{{{Stream}}}:dead"));
        Assert.Equal(("Malformed", 1), ((string?)dead["error_type"], (int)dead["attempts"]));
        Assert.Contains(reason, (string?)dead["error_message"], StringComparison.Ordinal);
        Assert.Equal(data, (string?)dead["data"]);
    }

    [Fact]
    public async Task Rejected_GoesToTheDeadLettersAtOnce()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis, builder => builder.AddEventHandler(
            Stream,
            "g",
            (_, delivery, _) =>
            {
                delivery.Reject("Nobody greets here.");
                return Task.CompletedTask;
            },
            Json.Default.Greeting));

        await host.Bus.PublishAsync(Stream, Greet("""{"name":"Ada","times":1}"""), Cancellation);

        await Eventually.TrueAsync(async () => await host.Redis.StreamLengthAsync($"{{{Stream}}}:dead") == 1);
        var dead = Assert.Single(await host.Redis.StreamRangeAsync($"{{{Stream}}}:dead"));
        Assert.Equal(("Rejected", "Nobody greets here."), ((string?)dead["error_type"], (string?)dead["error_message"]));
    }

    [Fact]
    public async Task Types_OtherThanThoseAskedFor_AreAcknowledgedUnseen()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var names = new ConcurrentQueue<string>();
        await using var host = await StartAsync(redis, names, options => options.Types.Add("greeted"));

        await host.Bus.PublishAsync(Stream, Greet("""{"no":"greeting"}""") with { Type = "other" }, Cancellation);
        await host.Bus.PublishAsync(Stream, Greet("""{"name":"Ada","times":1}"""), Cancellation);

        await Eventually.TrueAsync(async () => names.Count == 1 && (await host.Redis.StreamPendingAsync(Stream, "g")).PendingMessageCount == 0);
        Assert.Equal(["Ada"], names);
        Assert.Equal(0, await host.Redis.StreamLengthAsync($"{{{Stream}}}:dead"));
    }

    [Fact]
    public async Task Class_RegisteredAsScoped_HasAScopeForEachEvent()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var seen = new ConcurrentQueue<(Greeter, Scoped, string)>();
        await using var host = await EventBusHost.StartAsync(redis, builder =>
        {
            builder.Services.AddSingleton(seen);
            builder.Services.AddScoped<Scoped>();
            builder.Services.AddScoped<Greeter>();
            builder.AddEventHandler<Greeter, Greeting>(Stream, "g");
        });

        await host.Bus.PublishAsync(Stream, Greet("""{"name":"Ada","times":1}"""), Cancellation);
        await host.Bus.PublishAsync(Stream, Greet("""{"Name":"Grace","times":"1"}"""), Cancellation);

        await Eventually.TrueAsync(() => seen.Count == 2);
        Assert.Equal(["Ada", "Grace"], seen.Select(one => one.Item3));
        Assert.Equal(2, seen.Select(one => one.Item1).Distinct().Count());
        Assert.Equal(2, seen.Select(one => one.Item2).Distinct().Count());
        Assert.All(seen, one => Assert.True(one.Item2.IsDisposed));
    }

    [Fact]
    public async Task Batch_ReadsItsEventsAndTheMalformedGoToTheDeadLetters()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var names = new ConcurrentQueue<string>();
        await using var host = await EventBusHost.StartAsync(redis, builder =>
        {
            builder.Services.AddSingleton(names);
            builder.AddEventHandler<Greeters>([Stream], "g");
        });

        await host.Bus.PublishAsync(
            Stream, [Greet("""{"name":"Ada","times":1}"""), Greet("[]"), Greet("""{"name":"Grace","times":1}""")], Cancellation);

        await Eventually.TrueAsync(async () => names.Count == 2 && await host.Redis.StreamLengthAsync($"{{{Stream}}}:dead") == 1);
        Assert.Equal(["Ada", "Grace"], names);
    }

    [Fact]
    public async Task Handler_OfAStreamThatDoesNotExist_StopsTheServiceFromStarting()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);

        var refusal = await Assert.ThrowsAsync<EventRejectedException>(() => EventBusHost.StartAsync(
            redis, builder => builder.AddEventHandler<Greeting>("ai.respones", "g", (_, _, _) => Task.CompletedTask)));

        Assert.Contains("There is no stream 'ai.respones'. Known streams: actions.pending", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(EventHandlerOptions.Concurrency), "0", "must be from 1 to 256.")]
    [InlineData(nameof(EventHandlerOptions.ForgetConsumerAfter), "00:00:00", "must be above zero.")]
    public void Option_OutOfRange_IsRefusedByName(string option, string value, string expected)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration[$"Handler:{option}"] = value;

        var refusal = Assert.Throws<ArgumentException>(() => builder.AddEventHandler<Greeting>(
            Stream, "g", (_, _, _) => Task.CompletedTask, configure: options => builder.Configuration.Bind("Handler", options)));

        Assert.Contains($"{option} of the event handler in group 'g' is {value}; it {expected}", refusal.Message, StringComparison.Ordinal);
    }

    private static Task<EventBusHost> StartAsync(RedisServer redis, ConcurrentQueue<string> names, Action<EventHandlerOptions>? configure = null) =>
        EventBusHost.StartAsync(redis, builder => builder.AddEventHandler(
            Stream,
            "g",
            (greeting, _, _) =>
            {
                names.Enqueue(greeting.Name);
                return Task.CompletedTask;
            },
            Json.Default.Greeting,
            configure));

    private static StreamEvent Greet(string data) => new() { Type = "greeted", Data = System.Text.Encoding.UTF8.GetBytes(data) };

    internal sealed record Greeting(string Name, int Times);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Greeting))]
    private sealed partial class Json : JsonSerializerContext;

    private sealed class Scoped : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Greeter(ConcurrentQueue<(Greeter, Scoped, string)> seen, Scoped scoped) : IEventHandler<Greeting>
    {
        public Task HandleAsync(Greeting @event, Delivery delivery, CancellationToken cancellationToken)
        {
            seen.Enqueue((this, scoped, @event.Name));
            return Task.CompletedTask;
        }
    }

    private sealed class Greeters(ConcurrentQueue<string> names) : IEventHandler
    {
        public Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
        {
            foreach (var delivery in deliveries)
            {
                if (delivery.TryRead(Json.Default.Greeting, out var greeting))
                    names.Enqueue(greeting.Name);
            }

            return Task.CompletedTask;
        }
    }
}
