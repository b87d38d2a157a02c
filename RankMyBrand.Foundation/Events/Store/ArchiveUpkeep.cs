using System.Data;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Removes and compresses old events. TimescaleDB's own policies need a licence that not every server has, so this is a job of the
/// services that archive; a lock in the database lets one of them work at a time.
/// </summary>
internal sealed partial class ArchiveUpkeep(
    NpgsqlDataSource database, IOptions<EventArchiveOptions> options, TimeProvider time, ILogger<ArchiveUpkeep> logger) : BackgroundService
{
    // "RMBARCH" in ASCII.
    private const long LockKey = 0x52_4D_42_41_52_43_48;

    private bool _hasWarned;

    /// <summary>Removes and compresses what is due. Returns false when another instance is at it.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (!await AskAsync(connection, "pg_try_advisory_lock", cancellationToken))
            return false;
        try
        {
            await RunAsync(await ArchiveTable.FindAsync(connection, cancellationToken), cancellationToken);
            return true;
        }
        finally
        {
            // A session that has broken has given up the lock by itself.
            if (connection.State is ConnectionState.Open)
                await AskAsync(connection, "pg_advisory_unlock", CancellationToken.None);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.UpkeepInterval, time);
        do
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (NpgsqlException e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RunAsync(ArchiveTable table, CancellationToken cancellationToken)
    {
        if (options.Value.Retention is { } retention)
        {
            var removed = await table.RemoveAsync(time.GetUtcNow() - retention, cancellationToken);
            if (removed > 0)
                LogRemoved(logger, removed, table.Unit, retention);
        }

        if (options.Value.CompressAfter is { } compressAfter)
            await CompressAsync(table, compressAfter, cancellationToken);
    }

    private async Task CompressAsync(ArchiveTable table, TimeSpan age, CancellationToken cancellationToken)
    {
        if (table.CanCompress)
        {
            var compressed = await table.CompressAsync(time.GetUtcNow() - age, cancellationToken);
            if (compressed > 0)
                LogCompressed(logger, compressed, age);
        }
        else if (!_hasWarned)
        {
            _hasWarned = true;
            LogCannotCompress(logger);
        }
    }

    private static async Task<bool> AskAsync(NpgsqlConnection connection, string function, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {function}({LockKey})", connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    [LoggerMessage(150, LogLevel.Information, "Removed {Count} {Unit} from the archive that were older than {Retention}")]
    private static partial void LogRemoved(ILogger logger, long count, string unit, TimeSpan retention);

    [LoggerMessage(151, LogLevel.Information, "Compressed {Count} chunks of the archive that were older than {Age}")]
    private static partial void LogCompressed(ILogger logger, long count, TimeSpan age);

    [LoggerMessage(152, LogLevel.Warning,
        "Old events stay uncompressed: this server has no TimescaleDB under the Timescale licence. Set Events:Archive:CompressAfter to an empty value if that is meant")]
    private static partial void LogCannotCompress(ILogger logger);

    [LoggerMessage(153, LogLevel.Warning, "The upkeep of the archive failed and is tried again at the next interval: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
