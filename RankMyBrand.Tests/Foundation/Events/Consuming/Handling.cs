using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

/// <summary>Numbered events and hosts that handle them.</summary>
internal static class Handling
{
    public const string Responses = "ai.responses";

    public static StreamEvent Numbered(int number, string? key = null) => new()
    {
        Type = "numbered",
        Data = JsonSerializer.SerializeToUtf8Bytes(number),
        PartitionKey = key,
    };

    public static int NumberOf(Delivery delivery) => JsonSerializer.Deserialize<int>(delivery.Event.Data.Span);

    public static StreamEvent[] Numbered(int from, int count) => [.. Enumerable.Range(from, count).Select(number => Numbered(number))];

    /// <summary>Quick to give up and to take over.</summary>
    public static void Impatient(EventHandlerOptions options)
    {
        options.MaxAttempts = 3;
        options.RetryDelay = TimeSpan.FromMilliseconds(20);
        options.ClaimAfter = TimeSpan.FromSeconds(1);
    }

    /// <summary>A host whose handler takes one event at a time.</summary>
    public static Task<EventBusHost> StartAsync(
        RedisServer redis, Func<int, Delivery, Task> handle, Action<EventHandlerOptions>? configure = null, params (string Key, string Value)[] settings) =>
        EventBusHost.StartAsync(
            redis,
            builder => builder.AddEventHandler<int>(Responses, "g", (number, delivery, _) => handle(number, delivery), configure: Impatient + configure),
            settings);

    /// <summary>A host whose handler takes batches.</summary>
    public static Task<EventBusHost> StartBatchesAsync(
        RedisServer redis,
        Action<IReadOnlyList<Delivery>> handle,
        Action<EventHandlerOptions>? configure = null,
        params (string Key, string Value)[] settings) =>
        EventBusHost.StartAsync(
            redis,
            builder =>
            {
                builder.Services.AddSingleton(new BatchHandler(handle));
                builder.AddEventHandler<BatchHandler>([Responses], "g", Impatient + configure);
            },
            settings);

    public static async Task<long> PendingAsync(this EventBusHost host, string key = Responses) =>
        (await host.Redis.StreamPendingAsync(key, "g")).PendingMessageCount;

    private sealed class BatchHandler(Action<IReadOnlyList<Delivery>> handle) : IEventHandler
    {
        public Task HandleAsync(IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
        {
            handle(deliveries);
            return Task.CompletedTask;
        }
    }
}

/// <summary>What was handled, in its order.</summary>
internal sealed class Handled
{
    private readonly ConcurrentQueue<(int Number, int Attempt)> _all = new();

    public IReadOnlyList<int> Numbers => [.. _all.Select(one => one.Number)];

    public IReadOnlyList<(int Number, int Attempt)> All => [.. _all];

    public int Count => _all.Count;

    public void Add(int number, Delivery delivery) => _all.Enqueue((number, delivery.Attempt));

    public Task AddAsync(int number, Delivery delivery)
    {
        Add(number, delivery);
        return Task.CompletedTask;
    }

    public Task WaitAsync(int count) => Eventually.TrueAsync(() => _all.Count >= count);
}
