using System.Globalization;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Replays of streams into groups. A replay is kept in Redis and carried on by any service that has <c>AddEventReplays</c>, one event after
/// the other in a fixed order; whatever is killed, it goes on exactly behind the last event that was sent.
/// </summary>
public sealed class Replays
{
    private static readonly TimeSpan s_remembered = TimeSpan.FromDays(30);

    private readonly IConnectionMultiplexer _redis;
    private readonly EventsOptions _options;

    /// <summary>Made by <c>AddEventBus</c>.</summary>
    public Replays(IConnectionMultiplexer redis, IOptions<EventsOptions> options) => (_redis, _options) = (redis, options.Value);

    private IDatabase Database => _redis.GetDatabase();

    /// <summary>Begins a replay.</summary>
    /// <exception cref="ReplayConflictException">There is no such group, or a replay into it is under way.</exception>
    /// <exception cref="EventRejectedException">There is no such stream.</exception>
    /// <exception cref="RedisException">Redis is away; whether the replay has begun is not known.</exception>
    public async Task<Replay> StartAsync(ReplayRequest request, CancellationToken cancellationToken)
    {
        var (id, answer) = await CreateAsync(request, request.CreateGroup ? "any" : "there").WaitAsync(cancellationToken);
        return (string?)answer[0] switch
        {
            "NOGROUP" => throw new ReplayConflictException(
                $"The stream '{request.Stream}' has no group '{request.Group}'. Check the name, or have it created, "
                + "with createGroup or --create-group."),
            "BUSY" => throw Busy(request.Group, (string)answer[1]!),
            _ => await FindAsync(request.Stream, id, cancellationToken)
                ?? throw new InvalidOperationException($"The replay {id} has vanished."),
        };
    }

    /// <summary>The replays of a stream, the newest first. Those that ended more than 30 days ago are forgotten.</summary>
    /// <exception cref="EventRejectedException">There is no such stream.</exception>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<IReadOnlyList<Replay>> ListAsync(string stream, CancellationToken cancellationToken)
    {
        Check(stream);
        var ids = await Database.SortedSetRangeByRankAsync(
            ReplayKeys.OfStream(stream), order: Order.Descending).WaitAsync(cancellationToken);
        var replays = await Task.WhenAll(ids.Select(id => ReadAsync(stream, id!))).WaitAsync(cancellationToken);
        return [.. replays.OfType<Replay>()];
    }

    /// <summary>A replay; null when there is none with this id.</summary>
    /// <inheritdoc cref="ListAsync" path="/exception"/>
    public Task<Replay?> FindAsync(string stream, string id, CancellationToken cancellationToken)
    {
        Check(stream);
        return ReadAsync(stream, id).WaitAsync(cancellationToken);
    }

    /// <summary>Stops a replay. What has been sent to the group is still handled.</summary>
    /// <returns>False when there is no such replay.</returns>
    /// <exception cref="ReplayConflictException">It has ended already.</exception>
    /// <inheritdoc cref="ListAsync" path="/exception"/>
    public Task<bool> CancelAsync(string stream, string id, CancellationToken cancellationToken) =>
        ChangeAsync(stream, id, ReplayState.Cancelled).WaitAsync(cancellationToken);

    /// <summary>Has a stopped or failed replay go on where it was.</summary>
    /// <returns>False when there is no such replay.</returns>
    /// <exception cref="ReplayConflictException">It is under way or done, or another one into its group is under way.</exception>
    /// <inheritdoc cref="ListAsync" path="/exception"/>
    public Task<bool> ResumeAsync(string stream, string id, CancellationToken cancellationToken) =>
        ChangeAsync(stream, id, ReplayState.Running).WaitAsync(cancellationToken);

    /// <summary>
    /// Creates a group that does not exist yet together with the replay that brings it up to date; one that exists is left alone.
    /// </summary>
    internal async Task CatchUpAsync(ReplayRequest request)
    {
        // The first partition comes last: it decides whether the group is new.
        foreach (var key in _options.KeysOf(request.Stream).Skip(1))
            await CreateGroupAsync(key, request.Group);
        var (_, answer) = await CreateAsync(request, "new");
        // Somebody has removed the group while it was being brought up to date.
        if ((string?)answer[0] == "BUSY")
            await CreateGroupAsync(request.Stream, request.Group);
    }

    /// <summary>The streams that have had replays.</summary>
    internal async Task<IEnumerable<string>> StreamsAsync() =>
        (await Database.SetMembersAsync(ReplayKeys.Streams)).Select(stream => (string)stream!);

    internal async Task<(string State, long Waiting)> TakeAsync(Replay replay, string runner, TimeSpan lease)
    {
        var reply = await Database.ScriptEvaluateAsync(
            Script.ReplayTake, KeysOf(replay), [runner, (long)lease.TotalMilliseconds, replay.Request.Group]);
        return ((string)reply[0]!, reply.Length > 1 ? (long)reply[1] : 0);
    }

    /// <summary>False when the replay is not this runner's any more, or is somewhere else.</summary>
    internal async Task<bool> AppendAsync(Replay replay, string runner, ReplayPage page)
    {
        List<RedisValue> values = [runner, replay.Cursor, page.Cursor, page.Position.ToUnixTimeMilliseconds()];
        foreach (var entry in page.Entries)
        {
            values.Add(entry.Length * 2);
            foreach (var field in entry)
            {
                values.Add(field.Name);
                values.Add(field.Value);
            }
        }

        return (long)await Database.ScriptEvaluateAsync(Script.ReplayAppend, KeysOf(replay), [.. values]) >= 0;
    }

    /// <summary>Ends a replay, if it is still this runner's.</summary>
    internal Task EndAsync(Replay replay, string runner, ReplayState state, string reason) =>
        EvaluateChangeAsync(replay.Request.Stream, replay.Id, state, runner, reason);

    internal Task NoteAsync(Replay replay, string field, RedisValue value) =>
        Database.HashSetAsync(ReplayKeys.Of(replay.Request.Stream, replay.Id), field, value, When.Always);

    internal async Task<Replay?> ReadAsync(string stream, string id)
    {
        var fields = await Database.HashGetAllAsync(ReplayKeys.Of(stream, id));
        if (fields.Length == 0)
            return null;
        var replay = ReplayRecord.Read(stream, id, fields);
        return replay with { Waiting = await WaitingAsync(ReplayStream.NameOf(stream, replay.Request.Group), replay.Request.Group) };
    }

    private async Task<long> WaitingAsync(RedisKey key, string group)
    {
        try
        {
            var info = (await Database.StreamGroupInfoAsync(key)).FirstOrDefault(info => info.Name == group);
            return info.PendingMessageCount + (info.Lag ?? 0);
        }
        catch (RedisServerException e) when (MissingKey.Is(e))
        {
            return 0;
        }
    }

    private async Task<(string Id, RedisResult Answer)> CreateAsync(ReplayRequest request, string expected)
    {
        Check(request.Stream);
        var id = UuidV7.Next().ToString("N", CultureInfo.InvariantCulture);
        if (request.CreateGroup)
        {
            foreach (var key in _options.KeysOf(request.Stream).Skip(1))
                await CreateGroupAsync(key, request.Group);
        }

        await Database.SetAddAsync(ReplayKeys.Streams, request.Stream);
        RedisKey[] keys =
        [
            ReplayKeys.OfStream(request.Stream), ReplayKeys.Of(request.Stream, id), request.Stream,
            ReplayStream.NameOf(request.Stream, request.Group),
        ];
        RedisValue[] values = [id, request.Group, expected, .. ReplayRecord.Write(request)];
        return (id, await Database.ScriptEvaluateAsync(Script.ReplayCreate, keys, values));
    }

    private async Task CreateGroupAsync(string key, string group)
    {
        try
        {
            await Database.StreamCreateConsumerGroupAsync(key, group, StreamPosition.NewMessages, createStream: true);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
        }
    }

    private async Task<bool> ChangeAsync(string stream, string id, ReplayState state)
    {
        Check(stream);
        var answer = await EvaluateChangeAsync(stream, id, state, runner: "", reason: "");
        return (string?)answer[0] switch
        {
            "NONE" => false,
            "NOT" => throw new ReplayConflictException(
                $"The replay {id} is {(string?)answer[1]}, and cannot be {(state is ReplayState.Running ? "resumed" : "cancelled")}."),
            "BUSY" => throw Busy("its group", (string)answer[1]!),
            _ => true,
        };
    }

    private Task<RedisResult> EvaluateChangeAsync(string stream, string id, ReplayState state, string runner, string reason) =>
        Database.ScriptEvaluateAsync(
            Script.ReplayChange,
            [ReplayKeys.OfStream(stream), ReplayKeys.Of(stream, id)],
            [id, ReplayRecord.NameOf(state), runner, reason, (long)s_remembered.TotalSeconds]);

    private void Check(string stream)
    {
        if (_options.Refuse(stream) is { } refusal)
            throw new EventRejectedException(refusal);
    }

    private static RedisKey[] KeysOf(Replay replay) =>
        [ReplayKeys.Of(replay.Request.Stream, replay.Id), ReplayStream.NameOf(replay.Request.Stream, replay.Request.Group)];

    private static ReplayConflictException Busy(string group, string other) =>
        new($"A replay into the group '{group}' is under way: {other}. Wait for it, or cancel it first.");
}
