using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RankMyBrand.Foundation.Events;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds event sourcing to a service.</summary>
public static class SourcingExtensions
{
    /// <summary>Adds <see cref="SourcedStreams"/> on the platform's database.</summary>
    public static void AddEventSourcing(this IHostApplicationBuilder builder)
    {
        builder.AddDatabase();
        builder.Services.TryAddSingleton<SourcedStreams>();
    }
}
