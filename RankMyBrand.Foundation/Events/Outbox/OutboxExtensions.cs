using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RankMyBrand.Foundation.Configuration;
using RankMyBrand.Foundation.Events;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the transactional outbox and the inbox to a service.</summary>
public static class OutboxExtensions
{
    /// <summary>
    /// Adds <see cref="Outbox"/> on the platform's database, with a relay to <see cref="IEventBus"/> that works when it is the only one
    /// or the one that leads (<see cref="OutboxOptions.Relay"/>).
    /// </summary>
    public static void AddOutbox(this IHostApplicationBuilder builder)
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(Outbox)))
            return;
        builder.AddDatabase();
        builder.AddEventBus();
        builder.Services.AddStrictOptions<OutboxOptions>(OutboxOptions.Section).ValidateDataAnnotations();
        builder.Services.AddSingleton<Outbox>();
        builder.Services.AddSingleton<OutboxTelemetry>();
        if (builder.Configuration.GetValue($"{OutboxOptions.Section}:{nameof(OutboxOptions.Relay)}", defaultValue: true))
            builder.Services.AddHostedService<OutboxRelay>();
    }

    /// <summary>Adds <see cref="Inbox"/> on the platform's database, and removes from it what is older than the retention.</summary>
    public static void AddInbox(this IHostApplicationBuilder builder)
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(Inbox)))
            return;
        builder.AddDatabase();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddStrictOptions<InboxOptions>(InboxOptions.Section).ValidateDataAnnotations();
        builder.Services.AddSingleton<Inbox>();
        builder.Services.AddHostedService<InboxCleaner>();
    }
}
