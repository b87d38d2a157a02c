using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RankMyBrand.Foundation.Configuration;
using RankMyBrand.Foundation.Events;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the event store to a service.</summary>
public static class EventStoreExtensions
{
    /// <summary>The consumer group that archives events.</summary>
    public const string ArchiveGroup = "archive";

    /// <summary>Adds <see cref="EventStore"/> for reading.</summary>
    public static void AddEventStore(this IHostApplicationBuilder builder)
    {
        builder.AddDatabase();
        builder.Services.TryAddSingleton<EventStore>();
    }

    /// <summary>Archives the events of every stream, and keeps the archive as <see cref="EventArchiveOptions"/> say.</summary>
    public static void AddEventArchive(this IHostApplicationBuilder builder, Action<EventHandlerOptions>? configure = null)
    {
        builder.AddEventStore();
        var events = new EventsOptions();
        builder.Configuration.GetSection(EventsOptions.Section).Bind(events);
        builder.AddEventHandler<EventArchiver>([.. events.Streams.Keys], ArchiveGroup, configure);
        if (events.AutoCreateStreams)
        {
            var options = new EventHandlerOptions();
            configure?.Invoke(options);
            builder.Services.AddSingleton<IHostedService>(services =>
                ActivatorUtilities.CreateInstance<CreatedStreamsArchive>(services, options));
        }

        builder.Services.AddStrictOptions<EventArchiveOptions>(EventArchiveOptions.Section).ValidateDataAnnotations();
        builder.Services.AddHostedService<ArchiveUpkeep>();
    }
}
