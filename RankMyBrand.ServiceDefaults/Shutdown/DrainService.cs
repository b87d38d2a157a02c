using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RankMyBrand.ServiceDefaults.Shutdown;

/// <summary>
/// Turns the service unready before anything stops. The host calls <see cref="StoppingAsync"/> of every service
/// before it stops the first, so the server still accepts requests during the delay.
/// </summary>
internal sealed partial class DrainService(DrainState state, IOptions<ShutdownOptions> options, ILogger<DrainService> logger)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        state.Begin();
        var delay = options.Value.DrainDelay;
        if (delay > TimeSpan.Zero)
        {
            Log.Draining(logger, delay.TotalSeconds);
            await Task.Delay(delay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(EventIds.Draining, LogLevel.Information, "Not ready any more; serving for {Seconds} s before stopping")]
        public static partial void Draining(ILogger logger, double seconds);
    }
}
