using System.Runtime.InteropServices;
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

    private sealed class StartupEnd : IHostedService, IDisposable
    {
        // Those that the host stops at.
        private static readonly PosixSignal[] s_signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];

        private readonly PosixSignalRegistration[] _registrations;

        public StartupEnd(IHostApplicationLifetime lifetime)
        {
            // A service that has not started has nothing to finish. The host would cancel what it waits for, throw that as if it were a
            // fault, and not even do so before a client has connected that cannot be cancelled. Of the handlers of a signal the last one
            // runs first, so the host hears nothing of it; the code is the one that it ends with when it is told to stop.
            _registrations = Array.ConvertAll(s_signals, signal => PosixSignalRegistration.Create(signal, _ => Environment.Exit(0)));
            // When the whole host has started, which services are not told of otherwise.
            lifetime.ApplicationStarted.Register(() =>
            {
                StartupFaults.LeaveUnhandled();
                Dispose();
            });
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());
    }
}
