using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the event bus to a service.</summary>
public static class EventsExtensions
{
    /// <summary>
    /// Adds <see cref="IEventBus"/> on the Redis of the connection string <paramref name="connectionName"/>. The service does not start
    /// against a Redis that evicts keys: events would vanish there.
    /// </summary>
    public static void AddEventBus(this IHostApplicationBuilder builder, string connectionName = "redis")
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(IEventBus)))
            return;
        builder.AddLiveEvents(connectionName);
        builder.Services.AddSingleton<EventsTelemetry>();
        builder.Services.AddSingleton<IEventBus, RedisEventBus>();
        builder.Services.AddSingleton<ConsumerGroups>();
        builder.Services.AddHostedService<RedisKeepsEverything>();
    }

    /// <summary>Adds <see cref="LiveEvents"/> alone, for a service that only watches.</summary>
    public static void AddLiveEvents(this IHostApplicationBuilder builder, string connectionName = "redis")
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(LiveEvents)))
            return;
        if (!builder.Services.Any(service => service.ServiceType == typeof(IConnectionMultiplexer)))
            builder.AddRedisClient(connectionName);
        builder.Services.AddOptions<EventsOptions>().BindConfiguration(EventsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<EventsOptions>, EventsOptionsValidator>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<LiveEvents>();
    }

    /// <summary>Has <typeparamref name="THandler"/> handle the events of streams, as consumer group <paramref name="group"/>.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static void AddEventHandler<THandler>(
        this IHostApplicationBuilder builder, IReadOnlyList<string> streams, string group, Action<EventHandlerOptions>? configure = null)
        where THandler : class, IEventHandler
    {
        builder.AddEventBus();
        var options = new EventHandlerOptions();
        configure?.Invoke(options);
        options.Validate(group);
        builder.Services.TryAddSingleton<THandler>();
        var subscription = new EventSubscription(streams, group, options);
        builder.Services.AddSingleton<IHostedService>(services => new EventConsumer(
            services.GetRequiredService<IConnectionMultiplexer>(),
            subscription,
            services.GetRequiredService<THandler>(),
            services.GetRequiredService<EventsTelemetry>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<EventConsumer>>()));
    }
}
