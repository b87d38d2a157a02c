using System.ComponentModel;

namespace StackExchange.Redis;

public partial interface IDatabaseAsync
{
    /// <summary>Copies a key (COPY).</summary>
    Task<bool> KeyCopyAsync(
        RedisKey sourceKey, RedisKey destinationKey, int destinationDatabase = -1, bool replace = false,
        CommandFlags flags = CommandFlags.None);

    /// <summary>Deletes keys (UNLINK, or DEL before Redis 4).</summary>
    Task<bool> KeyDeleteAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Deletes keys (UNLINK, or DEL before Redis 4).</summary>
    Task<long> KeyDeleteAsync(RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    /// <summary>Serializes a value (DUMP).</summary>
    Task<byte[]?> KeyDumpAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>How the value is held in memory (OBJECT ENCODING).</summary>
    Task<string?> KeyEncodingAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Whether keys exist, or how many do (EXISTS).</summary>
    Task<bool> KeyExistsAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Whether keys exist, or how many do (EXISTS).</summary>
    Task<long> KeyExistsAsync(RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    /// <summary>Changes the expiry; null removes it (PEXPIRE, PEXPIREAT, PERSIST).</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    Task<bool> KeyExpireAsync(RedisKey key, TimeSpan? expiry, CommandFlags flags);

    /// <summary>Changes the expiry; null removes it (PEXPIRE, PEXPIREAT, PERSIST).</summary>
    Task<bool> KeyExpireAsync(RedisKey key, TimeSpan? expiry, ExpireWhen when = ExpireWhen.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Changes the expiry; null removes it (PEXPIRE, PEXPIREAT, PERSIST).</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    Task<bool> KeyExpireAsync(RedisKey key, DateTime? expiry, CommandFlags flags);

    /// <summary>Changes the expiry; null removes it (PEXPIRE, PEXPIREAT, PERSIST).</summary>
    Task<bool> KeyExpireAsync(RedisKey key, DateTime? expiry, ExpireWhen when = ExpireWhen.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>When the key expires (PEXPIRETIME); null when it does not.</summary>
    Task<DateTime?> KeyExpireTimeAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>How long the key has not been used (OBJECT IDLETIME).</summary>
    Task<TimeSpan?> KeyIdleTimeAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Moves a key to another database (MOVE).</summary>
    Task<bool> KeyMoveAsync(RedisKey key, int database, CommandFlags flags = CommandFlags.None);

    /// <summary>Removes the expiry (PERSIST).</summary>
    Task<bool> KeyPersistAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>The name of any key (RANDOMKEY).</summary>
    Task<RedisKey> KeyRandomAsync(CommandFlags flags = CommandFlags.None);

    /// <summary>Renames a key (RENAME, RENAMENX).</summary>
    Task<bool> KeyRenameAsync(RedisKey key, RedisKey newKey, When when = When.Always, CommandFlags flags = CommandFlags.None);

    /// <summary>Restores a value that KeyDump made (RESTORE).</summary>
    Task KeyRestoreAsync(RedisKey key, byte[] value, TimeSpan? expiry = null, CommandFlags flags = CommandFlags.None);

    /// <summary>The remaining time to live (PTTL); null when the key does not expire.</summary>
    Task<TimeSpan?> KeyTimeToLiveAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Marks keys as used (TOUCH).</summary>
    Task<bool> KeyTouchAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Marks keys as used (TOUCH).</summary>
    Task<long> KeyTouchAsync(RedisKey[] keys, CommandFlags flags = CommandFlags.None);

    /// <summary>What the key holds (TYPE).</summary>
    Task<RedisType> KeyTypeAsync(RedisKey key, CommandFlags flags = CommandFlags.None);
}
