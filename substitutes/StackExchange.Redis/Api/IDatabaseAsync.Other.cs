using System.ComponentModel;

namespace StackExchange.Redis;

public partial interface IDatabaseAsync
{
    /// <summary>Sends any command. Pass keys as RedisKey.</summary>
    Task<RedisResult> ExecuteAsync(string command, params object[] args);

    /// <summary>Sends any command. Pass keys as RedisKey.</summary>
    Task<RedisResult> ExecuteAsync(string command, ICollection<object>? args, CommandFlags flags = CommandFlags.None);

    /// <summary>Runs a script by its hash, with its text when the server does not know it (EVALSHA, EVAL).</summary>
    Task<RedisResult> ScriptEvaluateAsync(
        string script, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Runs a script by its hash, with its text when the server does not know it (EVALSHA, EVAL).</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    Task<RedisResult> ScriptEvaluateAsync(
        byte[] hash, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Runs a script by its hash, with its text when the server does not know it (EVALSHA, EVAL).</summary>
    Task<RedisResult> ScriptEvaluateAsync(LuaScript script, object? parameters = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Runs a script by its hash, with its text when the server does not know it (EVALSHA, EVAL).</summary>
    Task<RedisResult> ScriptEvaluateAsync(LoadedLuaScript script, object? parameters = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Runs a script that only reads (EVALSHA_RO, EVAL_RO).</summary>
    Task<RedisResult> ScriptEvaluateReadOnlyAsync(
        string script, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Runs a script that only reads (EVALSHA_RO, EVAL_RO).</summary>
    Task<RedisResult> ScriptEvaluateReadOnlyAsync(
        byte[] hash, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None);

    /// <summary>Publishes a message (PUBLISH) and returns how many clients of this server received it.</summary>
    Task<long> PublishAsync(RedisChannel channel, RedisValue message, CommandFlags flags = CommandFlags.None);

    /// <summary>Prolongs a lock that is held with this value.</summary>
    Task<bool> LockExtendAsync(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags = CommandFlags.None);

    /// <summary>The value that holds the lock.</summary>
    Task<RedisValue> LockQueryAsync(RedisKey key, CommandFlags flags = CommandFlags.None);

    /// <summary>Releases a lock that is held with this value.</summary>
    Task<bool> LockReleaseAsync(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>Takes a lock unless it is held; it ends by itself after the expiry.</summary>
    Task<bool> LockTakeAsync(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags = CommandFlags.None);
}
