using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>What the parts of one consumer share.</summary>
internal sealed class ConsumerContext : IDisposable
{
    public ConsumerContext(
        IConnectionMultiplexer redis, EventSubscription subscription, ConsumerTelemetry telemetry, TimeProvider time, ILogger logger)
    {
        (Redis, Subscription, Telemetry, Time, Logger) = (redis, subscription, telemetry, time, logger);
        Patience = new Patience(subscription, time, logger);
        Held = new HeldEvents(subscription.Sources, subscription.Options, time);
    }

    public IConnectionMultiplexer Redis { get; }

    public IDatabase Database => Redis.GetDatabase();

    public EventSubscription Subscription { get; }

    public EventHandlerOptions Options => Subscription.Options;

    public ConsumerTelemetry Telemetry { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public ConsumerLifetime Lifetime { get; } = new();

    public Patience Patience { get; }

    public HeldEvents Held { get; }

    public void Dispose()
    {
        Held.Dispose();
        Lifetime.Dispose();
    }
}
