using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RankMyBrand.ServiceDefaults.Configuration;

namespace RankMyBrand.ServiceDefaults.Shutdown;

/// <summary>Unready first, requests in flight finished, stopped in time.</summary>
internal static class ShutdownExtensions
{
    public static void AddGracefulShutdown(this IHostApplicationBuilder builder)
    {
        // Registered before the binding, so that configuration still has the last word in Development.
        if (builder.Environment.IsDevelopment())
        {
            builder.Services.Configure<ShutdownOptions>(options => options.DrainDelay = TimeSpan.Zero);
        }

        builder.Services.AddCheckedOptions<ShutdownOptions>(ShutdownOptions.Section)
            .Validate(
                options => options.DrainDelay < options.Timeout,
                $"Configuration '{ShutdownOptions.Section}:DrainDelay' must be shorter than '{ShutdownOptions.Section}:Timeout'.");
        builder.Services.AddSingleton<DrainState>();
        builder.Services.AddHostedService<DrainService>();
        builder.Services.AddHostedService<BackgroundFailure>();
        builder.Services.AddOptions<HostOptions>()
            .Configure<IOptions<ShutdownOptions>>((host, shutdown) => host.ShutdownTimeout = shutdown.Value.Timeout);
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.AddServerHeader = false);
    }
}
