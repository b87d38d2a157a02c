using System.Net;
using System.Runtime.CompilerServices;

namespace StackExchange.Redis;

/// <summary>Commands to one server: the one the client is connected to, or one it is not connected to.</summary>
internal sealed class ServerCommands(ConnectionMultiplexer owner, EndPoint endPoint) : IServer
{
    private static readonly ReplyParser<bool> s_firstFlag = static (ref RespReader r) => Replies.Flags(ref r) is [true, ..];
    private static readonly ReplyParser<DateTime> s_unixTime = static (ref RespReader r) => DateTime.UnixEpoch.AddSeconds(r.Integer());
    private static readonly ReplyParser<DateTime> s_clock = static (ref RespReader r) =>
        Replies.Integers(ref r) is [var seconds, var microseconds] ? DateTime.UnixEpoch.AddSeconds(seconds).AddMicroseconds(microseconds) : throw r.Unexpected("a time");

    private static readonly ReplyParser<KeyValuePair<string, string>[]> s_textPairs = static (ref RespReader r) =>
        Replies.Pairs(ref r, static (ref RespReader e) => KeyValuePair.Create(e.Text() ?? "", e.NextValue().ToString()));

    private static readonly ReplyParser<byte[]> s_hash = static (ref RespReader r) => Convert.FromHexString(r.Text() ?? "");

    private static readonly ReplyParser<RedisChannel[]> s_channels = static (ref RespReader r) =>
        Replies.Array(ref r, static (ref RespReader e) => RedisChannel.Literal(((byte[]?)e.Value())!));

    private static readonly ReplyParser<long> s_secondInteger = static (ref RespReader r) =>
        r.Count < 2 ? 0 : (long)Replies.Values(ref r)[1];

    public IConnectionMultiplexer Multiplexer => owner;

    public EndPoint EndPoint => endPoint;

    public RedisFeatures Features => new(Version);

    public bool IsConnected => owner.Interactive.Live is { } connection && connection.EndPoint.Equals(endPoint);

    public RedisProtocol Protocol => Facts.Protocol;

    public bool IsReplica => Facts.IsReplica;

    public ServerType ServerType => Facts.ServerType;

    public Version Version => Facts.Version ?? owner.Options.DefaultVersion;

    public int DatabaseCount => Facts.Databases;

    private ServerFacts Facts =>
        owner.Interactive.Live is { } connection && connection.EndPoint.Equals(endPoint) ? connection.Facts : new();

    public Task<KeyValuePair<string, string>[]> ConfigGetAsync(RedisValue pattern, CommandFlags flags) =>
        Send(owner.Start(Commands.Config).Add("GET"u8).Add(pattern.IsNullOrEmpty ? "*"u8 : pattern.Bytes().Span), s_textPairs, flags);

    public Task ConfigSetAsync(RedisValue setting, RedisValue value, CommandFlags flags) =>
        Send(owner.Start(Commands.Config).Add("SET"u8).Add(setting).Add(value), Replies.Done, flags);

    public Task<long> DatabaseSizeAsync(int database, CommandFlags flags) =>
        Send(owner.Start(Commands.Dbsize), Replies.Integer, flags, Number(database));

    public Task<RedisValue> EchoAsync(RedisValue message, CommandFlags flags) =>
        Send(owner.Start(Commands.Echo).Add(message), Replies.Value, flags);

    public Task<RedisResult> ExecuteAsync(string command, params object[] args) => ExecuteAsync(command, args, CommandFlags.None);

    public Task<RedisResult> ExecuteAsync(string command, ICollection<object> args, CommandFlags flags) =>
        ExecuteAsync(null, command, args, flags);

    public Task<RedisResult> ExecuteAsync(int? database, string command, ICollection<object> args, CommandFlags flags) =>
        Send(owner.Compose(command, args), Replies.Any, flags, database is { } number ? Number(number) : -1);

    public Task FlushAllDatabasesAsync(CommandFlags flags) => Send(owner.Start(Commands.Flushall), Replies.Done, flags);

    public Task FlushDatabaseAsync(int database, CommandFlags flags) =>
        Send(owner.Start(Commands.Flushdb), Replies.Done, flags, Number(database));

    public ServerCounters GetCounters() => IsConnected ? owner.Counters(endPoint) : new(endPoint);

    public async Task<IGrouping<string, KeyValuePair<string, string>>[]> InfoAsync(RedisValue section, CommandFlags flags) =>
        ServerInfo.Parse(await InfoRawAsync(section, flags).ConfigureAwait(false) ?? "");

    public Task<string?> InfoRawAsync(RedisValue section, CommandFlags flags)
    {
        var frame = owner.Start(Commands.Info);
        return Send(section.IsNullOrEmpty ? frame : frame.Add(section), Replies.Text, flags);
    }

    public IAsyncEnumerable<RedisKey> KeysAsync(
        int database, RedisValue pattern, int pageSize, long cursor, int pageOffset, CommandFlags flags) =>
        ScanAsync(Number(database), pattern, pageSize, cursor, pageOffset, flags);

    public Task<DateTime> LastSaveAsync(CommandFlags flags) => Send(owner.Start(Commands.Lastsave), s_unixTime, flags);

    public Task<bool> ScriptExistsAsync(string script, CommandFlags flags) =>
        Send(owner.Start(Commands.Script).Add("EXISTS"u8).Add(owner.Scripts.HashOf(script)), s_firstFlag, flags);

    public Task<bool> ScriptExistsAsync(byte[] sha1, CommandFlags flags) =>
        Send(owner.Start(Commands.Script).Add("EXISTS"u8).Add(ScriptCache.Hex(sha1)), s_firstFlag, flags);

    public Task ScriptFlushAsync(CommandFlags flags)
    {
        if (!owner.Options.AllowAdmin) throw new RedisCommandException("This operation is not available unless admin mode is enabled: SCRIPT FLUSH. Set allowAdmin=true to allow it.");
        return Send(owner.Start(Commands.Script).Add("FLUSH"u8), Replies.Done, flags);
    }

    public Task<byte[]> ScriptLoadAsync(string script, CommandFlags flags) =>
        Send(owner.Start(Commands.Script).Add("LOAD"u8).Add(script), s_hash, flags);

    public Task<LoadedLuaScript> ScriptLoadAsync(LuaScript script, CommandFlags flags)
    {
        ArgumentNullException.ThrowIfNull(script);
        return script.LoadAsync(this, flags);
    }

    public Task<RedisChannel[]> SubscriptionChannelsAsync(RedisChannel pattern, CommandFlags flags)
    {
        var frame = owner.Start(Commands.Pubsub).Add("CHANNELS"u8);
        return Send(pattern.IsNullOrEmpty ? frame : frame.Add(pattern), s_channels, flags);
    }

    public Task<long> SubscriptionSubscriberCountAsync(RedisChannel channel, CommandFlags flags) =>
        Send(owner.Start(Commands.Pubsub).Add("NUMSUB"u8).Add(channel), s_secondInteger, flags);

    public Task<DateTime> TimeAsync(CommandFlags flags) => Send(owner.Start(Commands.Time), s_clock, flags);

    public TimeSpan Ping(CommandFlags flags) => Wait(PingAsync(flags));

    public async Task<TimeSpan> PingAsync(CommandFlags flags)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        await Send(owner.Start(Commands.Ping), Replies.Done, flags).ConfigureAwait(false);
        return System.Diagnostics.Stopwatch.GetElapsedTime(started);
    }

    public bool TryWait(Task task) => task.Wait(owner.TimeoutMilliseconds);

    public void Wait(Task task) => owner.Wait(task);

    public T Wait<T>(Task<T> task) => owner.Wait(task);

    public void WaitAll(params Task[] tasks) => owner.WaitAll(tasks);

    private int Number(int database) => database == -1 ? owner.Options.DefaultDatabase ?? 0 : database;

    private Task<T> Send<T>(CommandFrame frame, ReplyParser<T> parser, CommandFlags flags, int database = -1)
    {
        if (!IsConnected && owner.Interactive.Live is { } other)
        {
            throw new RedisConnectionException(
                ConnectionFailureType.UnableToResolvePhysicalConnection,
                flags,
                $"No connection is active to {EndPointCollection.ToString(endPoint)} to service {frame.Command}; the client is connected to {EndPointCollection.ToString(other.EndPoint)}.");
        }
        var message = new Message<T>(frame.Command, flags, parser) { Profile = owner.Profile(database, frame.Command, flags) };
        owner.Interactive.Send(message, database, frame.Complete());
        return !flags.HasFlag(CommandFlags.FireAndForget) ? message.Task : Forgotten<T>.Task;
    }

    private async IAsyncEnumerable<RedisKey> ScanAsync(
        int database, RedisValue pattern, int pageSize, long cursor, int pageOffset, CommandFlags flags, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageSize);
        ReplyParser<ScanPage<RedisKey>> page = static (ref RespReader r) => ScanPage<RedisKey>.Read(ref r, Replies.Keys);
        do
        {
            var frame = owner.Start(Commands.Scan).Add((RedisValue)unchecked((ulong)cursor));
            var (next, found) = await Send(ScanPage<RedisKey>.Options(frame, pattern, pageSize), page, flags, database)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            foreach (var key in found.Skip(pageOffset)) yield return key;
            (cursor, pageOffset) = (next, 0);
        }
        while (cursor != 0);
    }
}
