using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>Removes what the inbox need not know any more, in small transactions that any number of instances can run at once.</summary>
internal sealed partial class InboxCleaner(
    NpgsqlDataSource database, IOptions<InboxOptions> options, TimeProvider time, ILogger<InboxCleaner> logger) : BackgroundService
{
    private const int BatchSize = 5_000;

    /// <summary>Removes all that is older than the retention. Returns how many.</summary>
    public async Task<long> CleanAsync(CancellationToken cancellationToken)
    {
        var removed = 0L;
        for (var batch = BatchSize; batch == BatchSize; removed += batch)
        {
            await using var command = database.CreateCommand(
                """
                DELETE FROM inbox i USING (
                    SELECT consumer_group, tenant_id, event_id FROM inbox
                    WHERE taken_at < now() - $1 ORDER BY taken_at LIMIT $2 FOR UPDATE SKIP LOCKED) old
                WHERE (i.consumer_group, i.tenant_id, i.event_id) = (old.consumer_group, old.tenant_id, old.event_id)
                """);
            command.Parameters.Add(new() { Value = options.Value.Retention });
            command.Parameters.Add(new() { Value = BatchSize });
            batch = await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return removed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.CleanupInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var removed = await CleanAsync(stoppingToken);
                if (removed > 0)
                    LogCleaned(logger, removed);
            }
            catch (NpgsqlException e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, e.Message);
            }
        }
    }

    [LoggerMessage(140, LogLevel.Debug, "Removed {Count} events from the inbox")]
    private static partial void LogCleaned(ILogger logger, long count);

    [LoggerMessage(141, LogLevel.Warning, "The inbox could not be cleaned and will be at the next interval: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
