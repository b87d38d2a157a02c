using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>Carries one replay on, until it has ended or belongs to another runner.</summary>
internal sealed partial class ReplayRun(
    Replays replays, Replay replay, IReplayReader reader, string runner, ArchiveProgress? archive, TimeProvider time, ILogger logger)
{
    public const int PageSize = 250;

    /// <summary>A runner that is silent for so long has lost its replay.</summary>
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(500);

    private Replay _replay = replay;
    private readonly SendWindow _window = new();

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        string? fault = null;
        for (var failures = 0; !stoppingToken.IsCancellationRequested; failures++)
        {
            try
            {
                if (fault is not null)
                    await replays.EndAsync(_replay, runner, ReplayState.Failed, fault);
                else if (await HasAsync())
                    await SendAllAsync(stoppingToken);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
            }
            catch (Exception e) when (TransientFailure.Is(e))
            {
                LogTrouble(logger, _replay.Id, e.Message);
                await Task.Delay(Backoff.Of(failures + 1, s_longest, s_lease / 2), time, stoppingToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (fault is null && e is not OutOfMemoryException)
            {
                // Another try would end in the same way: somebody has to look at it.
                LogFailed(logger, e, _replay.Id);
                fault = e.Message;
            }
        }

        await ReleaseAsync();
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        _replay = await replays.ReadAsync(_replay.Request.Stream, _replay.Id) ?? _replay;
        if (_replay.Cursor.Length == 0 && !await WaitForArchiveAsync(cancellationToken))
            return;
        if (_replay.Total is null && await reader.CountAsync(cancellationToken) is { } total)
            await replays.NoteAsync(_replay, ReplayRecord.Total, total);

        while (true)
        {
            var started = time.GetTimestamp();
            var page = await ReadPageAsync(cancellationToken);
            if (page.Cursor == _replay.Cursor)
            {
                await replays.EndAsync(_replay, runner, ReplayState.Done, "");
                LogDone(logger, _replay.Id, _replay.Request.Stream, _replay.Request.Group);
                return;
            }

            if (!await WaitForRoomAsync(cancellationToken) || !await replays.AppendAsync(_replay, runner, page))
                return;
            _replay = _replay with { Cursor = page.Cursor };
            _window.Add(page);
            await PaceAsync(page.Entries.Count, time.GetElapsedTime(started), cancellationToken);
        }
    }

    /// <summary>
    /// Reads what comes next, and keeps the replay meanwhile: reading may take far longer than the lease, and two runners that take the
    /// replay from each other would both throw away what they have read.
    /// </summary>
    private async Task<ReplayPage> ReadPageAsync(CancellationToken cancellationToken)
    {
        var reading = reader.ReadAsync(_replay.Cursor, PageOf(_replay.Request), cancellationToken);
        while (!await EndsSoonAsync(reading))
        {
            try
            {
                await HasAsync();
            }
            catch (Exception e) when (TransientFailure.Is(e) || e is RedisException)
            {
                // Whether it is still this runner's is asked again before anything is sent.
                LogTrouble(logger, _replay.Id, e.Message);
            }
        }

        return await reading;
    }

    /// <summary>Unlike a delay beside the task, this leaves no timer behind when the task has ended.</summary>
    private async Task<bool> EndsSoonAsync(Task task)
    {
        await task.WaitAsync(s_lease / 4, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    /// <summary>Waits until the group has handled most of what it got. False when the replay is not this runner's any more.</summary>
    private async Task<bool> WaitForRoomAsync(CancellationToken cancellationToken)
    {
        for (var pause = s_shortest; ; pause = pause * 2 < s_longest ? pause * 2 : s_longest)
        {
            var (state, waiting) = await replays.TakeAsync(_replay, runner, s_lease);
            if (state != "running" || _window.HasRoom(waiting))
                return state == "running";
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    private async Task<bool> WaitForArchiveAsync(CancellationToken cancellationToken)
    {
        var isNoted = false;
        while (archive is not null && !await archive.IsPastAsync())
        {
            if (!isNoted)
                await replays.NoteAsync(_replay, ReplayRecord.Reason, "It waits for the archive to store what the stream holds.");
            isNoted = true;
            await Task.Delay(s_longest, time, cancellationToken);
            if (!await HasAsync())
                return false;
        }

        if (isNoted)
            await replays.NoteAsync(_replay, ReplayRecord.Reason, "");
        return true;
    }

    private async Task<bool> HasAsync() => (await replays.TakeAsync(_replay, runner, s_lease)).State == "running";

    private async Task PaceAsync(int count, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        if (_replay.Request.EventsPerSecond is { } rate
            && TimeSpan.FromSeconds((double)count / rate) - elapsed is var rest
            && rest > TimeSpan.Zero)
            await Task.Delay(rest, time, cancellationToken);
    }

    /// <summary>A slow replay goes in small steps, so that it is even and keeps its lease.</summary>
    private static int PageOf(ReplayRequest request) => request.EventsPerSecond is { } rate ? Math.Clamp(rate / 4, 1, PageSize) : PageSize;

    private async Task ReleaseAsync()
    {
        try
        {
            await replays.TakeAsync(_replay, runner, TimeSpan.Zero);
        }
        catch (Exception e) when (TransientFailure.Is(e) || e is RedisException)
        {
            // Another runner has it when the lease has run out.
            LogTrouble(logger, _replay.Id, e.Message);
        }
    }

    [LoggerMessage(163, LogLevel.Warning, "Replay {Id} goes on later: {Reason}")]
    private static partial void LogTrouble(ILogger logger, string id, string reason);

    [LoggerMessage(164, LogLevel.Error, "Replay {Id} failed")]
    private static partial void LogFailed(ILogger logger, Exception e, string id);

    [LoggerMessage(165, LogLevel.Information, "Replay {Id} of {Stream} into group {Group} is done")]
    private static partial void LogDone(ILogger logger, string id, string stream, string group);
}
