using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.ServiceDefaults.Startup;

/// <summary>Makes a service that cannot start say why, and only that.</summary>
internal static class StartupExtensions
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    public static void AddStartupFaults(this IServiceCollection services)
    {
        StartupFaults.ReportUnhandled();
        services.AddHostedService<StartupEnd>();
        services.AddOptions<LoggerFilterOptions>().Configure<IServiceProvider>((filters, provider) => filters.Rules.Add(
            new LoggerFilterRule(providerName: null, HostCategory, logLevel: null, (_, _, level) => IsNews(provider, level))));
    }

    // What keeps the host from starting is an error to its log, and thrown at whoever starts it; one stack, or sentence, is enough. That a
    // background service has failed is critical.
    private static bool IsNews(IServiceProvider services, LogLevel level) => level is LogLevel.Critical
        || (level >= LogLevel.Warning && services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.IsCancellationRequested);

    private sealed class StartupEnd : IHostedService
    {
        // When the whole host has started, which services are not told of otherwise.
        public StartupEnd(IHostApplicationLifetime lifetime) => lifetime.ApplicationStarted.Register(StartupFaults.LeaveUnhandled);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
