using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Knows which state of the shared list this process has taken in. The list is read as a whole when it is in another one; in between each
/// message brings one entry and the state that follows.
/// </summary>
internal sealed class RevocationFollower(
    RevocationList list, RevocationIntake intake, IOptions<JwtOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_readInterval = TimeSpan.FromMinutes(1);     // in the known state: ZADD alone can raise a score
    private static readonly TimeSpan s_cleanInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_subjectsKept = TimeSpan.FromDays(31);

    private readonly ConcurrentQueue<string> _notes = new();
    private readonly Signal _noted = new();
    private Task<ChannelMessageQueue>? _listening;
    private string? _known;
    private long _readAt;
    private TimeSpan _readTook;
    private long? _cleanedAt;

    /// <summary>Returns when a message has come, when the time has passed, or on cancellation.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _noted.WaitAsync(atMost, cancellationToken);

    /// <summary>Takes in what the messages tell. An entry counts whatever has been missed before; the state then shows that.</summary>
    public void TakeNotes()
    {
        while (_notes.TryDequeue(out var message))
        {
            if (RevocationNote.Parse(message) is not { } note)
                continue;
            intake.Take(note.Entry);
            if (note.Before == _known)
                _known = note.After;
        }
    }

    /// <summary>Compares the states, and reads the list if need be. When that fails, <see cref="Forget"/> what was read.</summary>
    /// <exception cref="RedisException">Redis is away or refuses.</exception>
    /// <exception cref="TimeoutException">Redis does not answer.</exception>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        // Before reading, or what is added between the two would be missed.
        await ListenAsync(cancellationToken);
        var state = await list.StateAsync().WaitAsync(s_patience, time, cancellationToken);
        TakeNotes();
        var age = time.GetElapsedTime(_readAt);
        // A long list is not read all the time, however often it changes.
        if (_known is null || age >= s_readInterval || (_known != state && age >= 10 * _readTook))
            await ReadAsync(state, cancellationToken);
        if (_cleanedAt is null || time.GetElapsedTime(_cleanedAt.Value) >= s_cleanInterval)
            await CleanAsync(cancellationToken);
    }

    /// <summary>Has the next look read the list.</summary>
    public void Forget() => _known = null;

    public void Dispose()
    {
        if (_listening is { IsCompletedSuccessfully: true })
            _listening.Result.Unsubscribe(CommandFlags.FireAndForget);
    }

    // One that is still pending is awaited again: each new one would be another queue, and only the last would be read.
    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        if (_listening is null or { IsFaulted: true } or { IsCanceled: true })
            _listening = SubscribeAsync();
        await _listening.WaitAsync(s_patience, time, cancellationToken);
    }

    private async Task<ChannelMessageQueue> SubscribeAsync()
    {
        var messages = await list.ListenAsync();
        messages.OnMessage(message =>
        {
            _notes.Enqueue(message.Message.ToString());
            _noted.Set();
        });
        return messages;
    }

    private async Task ReadAsync(string state, CancellationToken cancellationToken)
    {
        (_readAt, _known) = (time.GetTimestamp(), state);
        await foreach (var entry in list.ReadAsync(cancellationToken))
        {
            intake.Take(entry);
            // A long list takes longer than a revocation may.
            if (!_notes.IsEmpty)
                TakeNotes();
        }

        _readTook = time.GetElapsedTime(_readAt);
    }

    /// <summary>Removes what no token can meet any more, neither here nor where <see cref="JwtOptions.MaxLifetime"/> is longer.</summary>
    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        _cleanedAt = time.GetTimestamp();
        var life = options.Value.MaxLifetime;
        // Where tokens may live for ever, so must the revocations of their subjects.
        TimeSpan? kept = life > TimeSpan.Zero ? (life > s_subjectsKept ? life : s_subjectsKept) + TokenRevoker.ClockTolerance : null;
        await list.CleanAsync(TokenRevoker.ClockTolerance, kept).WaitAsync(cancellationToken);
    }
}
