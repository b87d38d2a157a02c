using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Foundation.Events;

namespace Microsoft.Extensions.Hosting;

/// <summary>Has a service carry replays on.</summary>
public static class EventReplaysExtensions
{
    /// <summary>
    /// Carries on the replays that <see cref="Replays"/> begins, in this service or in any other one. One service of a platform is enough;
    /// each replay is one instance's at a time.
    /// </summary>
    public static void AddEventReplays(this IHostApplicationBuilder builder)
    {
        builder.AddEventBus();
        builder.AddEventStore();
        builder.Services.AddHostedService<ReplayRunner>();
    }
}
