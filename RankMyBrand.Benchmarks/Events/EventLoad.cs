using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>What the benchmarks of the event bus share: a host with the bus, and events of one size.</summary>
internal static class EventLoad
{
    public const string Stream = "bench";
    public const string Type = "response.received";

    /// <summary>A host on a Redis; streams are as long as a benchmark needs them.</summary>
    public static async Task<IHost> StartHostAsync(
        ConfigurationOptions redis, Action<IHostApplicationBuilder>? configure, CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration["ConnectionStrings:redis"] = redis.ToString();
        builder.Configuration[$"Events:Streams:{Stream}:MaxLength"] = "10000000";
        builder.AddEventBus();
        configure?.Invoke(builder);
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    public static IEventBus Bus(this IHost host) => host.Services.GetRequiredService<IEventBus>();

    /// <summary>A JSON payload of exactly so many bytes.</summary>
    public static byte[] Payload(int bytes)
    {
        var frame = "{\"text\":\"\"}"u8.Length;
        return [.. "{\"text\":\""u8, .. Enumerable.Repeat((byte)'x', bytes - frame), .. "\"}"u8];
    }

    /// <summary>Events with new ids.</summary>
    public static StreamEvent[] Events(int count, byte[] payload) =>
        [.. Enumerable.Range(0, count).Select(_ => new StreamEvent { Type = Type, Data = payload })];

    /// <summary>The fields of an entry as another client writes them, of the same names and lengths as ours.</summary>
    public static string[] Fields(byte[] payload)
    {
        var id = Guid.CreateVersion7().ToString();
        return
        [
            "event_id", id, "event_type", Type, "data", System.Text.Encoding.UTF8.GetString(payload),
            "timestamp", "2026-01-01T00:00:00.000Z", "correlation_id", id,
        ];
    }
}
