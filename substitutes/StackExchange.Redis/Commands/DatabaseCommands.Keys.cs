namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    private static readonly Version s_withUnlink = new(4, 0);

    private static readonly ReplyParser<TimeSpan?> s_lifetime = static (ref RespReader r) =>
        r.Integer() is >= 0 and var milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static readonly ReplyParser<DateTime?> s_expiryTime = static (ref RespReader r) =>
        r.Integer() is >= 0 and var milliseconds ? DateTime.UnixEpoch.AddMilliseconds(milliseconds) : null;

    private static readonly ReplyParser<TimeSpan?> s_idleTime = static (ref RespReader r) =>
        r.IsNull ? null : TimeSpan.FromSeconds(r.Integer());

    private static readonly ReplyParser<RedisType> s_keyKind = static (ref RespReader r) => r.Text() switch
    {
        "none" => RedisType.None,
        "string" => RedisType.String,
        "list" => RedisType.List,
        "set" => RedisType.Set,
        "zset" => RedisType.SortedSet,
        "hash" => RedisType.Hash,
        "stream" => RedisType.Stream,
        "vectorset" => RedisType.VectorSet,
        _ => RedisType.Unknown,
    };

    public Task<bool> KeyCopyAsync(RedisKey sourceKey, RedisKey destinationKey, int destinationDatabase, bool replace, CommandFlags flags)
    {
        var frame = Start(Commands.Copy).Add(sourceKey).Add(destinationKey);
        if (destinationDatabase >= 0) frame.Add("DB"u8).Add(destinationDatabase);
        return Send(frame.AddIf(replace, "REPLACE"u8), Replies.Flag, flags);
    }

    public Task<bool> KeyDeleteAsync(RedisKey key, CommandFlags flags) => Send(Start(Deletion).Add(key), Replies.Flag, flags);

    public Task<long> KeyDeleteAsync(RedisKey[] keys, CommandFlags flags) =>
        keys.Length == 0 ? s_zero : Send(Start(Deletion).Add(keys), Replies.Integer, flags);

    public Task<byte[]?> KeyDumpAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Dump).Add(key), Replies.Bytes, flags);

    public Task<string?> KeyEncodingAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Object).Add("ENCODING"u8).Add(key), Replies.Text, flags);

    public Task<bool> KeyExistsAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Exists).Add(key), Replies.Flag, flags);

    public Task<long> KeyExistsAsync(RedisKey[] keys, CommandFlags flags) =>
        keys.Length == 0 ? s_zero : Send(Start(Commands.Exists).Add(keys), Replies.Integer, flags);

    public Task<bool> KeyExpireAsync(RedisKey key, TimeSpan? expiry, CommandFlags flags) =>
        KeyExpireAsync(key, expiry, ExpireWhen.Always, flags);

    public Task<bool> KeyExpireAsync(RedisKey key, DateTime? expiry, CommandFlags flags) =>
        KeyExpireAsync(key, expiry, ExpireWhen.Always, flags);

    public Task<bool> KeyExpireAsync(RedisKey key, TimeSpan? expiry, ExpireWhen when, CommandFlags flags)
    {
        if (expiry is not { } time || time == TimeSpan.MaxValue) return KeyPersistAsync(key, flags);
        var milliseconds = time.Ticks / TimeSpan.TicksPerMillisecond;
        return milliseconds % 1000 == 0
            ? Expire(Commands.Expire, key, milliseconds / 1000, when, flags)
            : Expire(Commands.Pexpire, key, milliseconds, when, flags);
    }

    public Task<bool> KeyExpireAsync(RedisKey key, DateTime? expiry, ExpireWhen when, CommandFlags flags)
    {
        if (expiry is not { } time || time == DateTime.MaxValue) return KeyPersistAsync(key, flags);
        var milliseconds = Expiration.UnixMilliseconds(time);
        return milliseconds % 1000 == 0
            ? Expire(Commands.Expireat, key, milliseconds / 1000, when, flags)
            : Expire(Commands.Pexpireat, key, milliseconds, when, flags);
    }

    public Task<DateTime?> KeyExpireTimeAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Pexpiretime).Add(key), s_expiryTime, flags);

    public Task<TimeSpan?> KeyIdleTimeAsync(RedisKey key, CommandFlags flags) =>
        Send(Start(Commands.Object).Add("IDLETIME"u8).Add(key), s_idleTime, flags);

    public Task<bool> KeyMoveAsync(RedisKey key, int database, CommandFlags flags) =>
        Send(Start(Commands.Move).Add(key).Add(database), Replies.Flag, flags);

    public Task<bool> KeyPersistAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Persist).Add(key), Replies.Flag, flags);

    public Task<RedisKey> KeyRandomAsync(CommandFlags flags) => Send(Start(Commands.Randomkey), Replies.Key, flags);

    public Task<bool> KeyRenameAsync(RedisKey key, RedisKey newKey, When when, CommandFlags flags)
    {
        var command = when switch
        {
            When.Always => Commands.Rename,
            When.NotExists => Commands.Renamenx,
            _ => throw new ArgumentException("A key can be renamed Always or when NotExists, not when Exists.", nameof(when)),
        };
        return Send(Start(command).Add(key).Add(newKey), Replies.Flag, flags);
    }

    public Task KeyRestoreAsync(RedisKey key, byte[] value, TimeSpan? expiry, CommandFlags flags) =>
        Send(Start(Commands.Restore).Add(key).Add((long)(expiry?.TotalMilliseconds ?? 0)).Add(value.AsSpan()), Replies.Done, flags);

    public Task<TimeSpan?> KeyTimeToLiveAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Pttl).Add(key), s_lifetime, flags);

    public Task<bool> KeyTouchAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Touch).Add(key), Replies.Flag, flags);

    public Task<long> KeyTouchAsync(RedisKey[] keys, CommandFlags flags) =>
        keys.Length == 0 ? s_zero : Send(Start(Commands.Touch).Add(keys), Replies.Integer, flags);

    public Task<RedisType> KeyTypeAsync(RedisKey key, CommandFlags flags) => Send(Start(Commands.Type).Add(key), s_keyKind, flags);

    private Command Deletion => ServerVersion >= s_withUnlink && Owner.Map.NameOf("UNLINK") is not null ? Commands.Unlink : Commands.Del;

    private Task<bool> Expire(Command command, RedisKey key, long amount, ExpireWhen when, CommandFlags flags)
    {
        var frame = Start(command).Add(key).Add(amount);
        if (when != ExpireWhen.Always)
        {
            frame.Add(when switch
            {
                ExpireWhen.GreaterThanCurrentExpiry => "GT"u8,
                ExpireWhen.LessThanCurrentExpiry => "LT"u8,
                ExpireWhen.HasExpiry => "XX"u8,
                ExpireWhen.HasNoExpiry => "NX"u8,
                _ => throw new ArgumentOutOfRangeException(nameof(when), when, "The condition of an expiry is not known."),
            });
        }
        return Send(frame, Replies.Flag, flags);
    }
}
