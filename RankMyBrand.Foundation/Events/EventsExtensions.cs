using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Configuration;
using RankMyBrand.Foundation.Events;

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
        builder.Services.AddSingleton<StreamCatalogue>();
        builder.Services.AddSingleton<DeadLetterBox>();
        builder.Services.AddSingleton<Replays>();
        builder.Services.AddHostedService<RedisKeepsEverything>();
        builder.Services.AddHostedService<RedisCanSync>();
        builder.Services.AddHostedService<StreamUpkeep>();
    }

    /// <summary>Adds <see cref="LiveEvents"/> alone, for a service that only watches.</summary>
    public static void AddLiveEvents(this IHostApplicationBuilder builder, string connectionName = "redis")
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(LiveEvents)))
            return;
        builder.AddRedis(connectionName);
        builder.Services.AddStrictOptions<EventsOptions>(EventsOptions.Section, EventsOptions.OtherSections).ValidateDataAnnotations();
        builder.Services.AddSingleton<IValidateOptions<EventsOptions>, EventsOptionsValidator>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<LiveEvents>();
    }
}
