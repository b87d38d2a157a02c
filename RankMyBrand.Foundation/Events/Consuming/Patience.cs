using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Goes on trying what needs Redis, with the back-off of the handler.</summary>
internal sealed partial class Patience(EventSubscription subscription, TimeProvider time, ILogger logger)
{
    private EventHandlerOptions Options => subscription.Options;

    /// <summary>Repeats a step, at least once, until it succeeds or until cancellation; false when it has not succeeded.</summary>
    public async Task<bool> UntilDoneAsync(string what, Func<Task> step, CancellationToken cancellationToken)
    {
        for (var failures = 0; ;)
        {
            try
            {
                await step();
                return true;
            }
            catch (Exception e) when (TransientFailure.Is(e) || e is RedisException)
            {
                if (++failures == 1)
                    LogTrouble(logger, subscription.Group, what, e.Message);
                await RestAsync(failures, cancellationToken);
                if (cancellationToken.IsCancellationRequested)
                    return false;
            }
        }
    }

    /// <summary>Waits out the back-off after so many failures, or until cancellation.</summary>
    public async Task RestAsync(int failures, CancellationToken cancellationToken) =>
        await Task.Delay(Backoff.Of(failures, Options.RetryDelay, Options.MaxRetryDelay), time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(110, LogLevel.Warning, "Group {Group} could not {What} and goes on trying: {Reason}")]
    private static partial void LogTrouble(ILogger logger, string group, string what, string reason);
}
