namespace StackExchange.Redis;

internal abstract partial class DatabaseCommands
{
    public Task<RedisResult> ExecuteAsync(string command, params object[] args) => ExecuteAsync(command, args, CommandFlags.None);

    public virtual Task<RedisResult> ExecuteAsync(string command, ICollection<object>? args, CommandFlags flags) =>
        Send(Owner.Compose(command, args), Replies.Any, flags);

    public Task<long> PublishAsync(RedisChannel channel, RedisValue message, CommandFlags flags)
    {
        if (channel.IsNullOrEmpty) throw new ArgumentNullException(nameof(channel));
        return Send(Owner.Subscriptions.Publication(channel, message), Replies.Integer, flags);
    }

    public Task<bool> LockTakeAsync(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags)
    {
        RequireToken(value);
        return StringSetAsync(key, value, expiry, When.NotExists, flags);
    }

    public Task<RedisValue> LockQueryAsync(RedisKey key, CommandFlags flags) => StringGetAsync(key, flags);

    public Task<bool> LockExtendAsync(RedisKey key, RedisValue value, TimeSpan expiry, CommandFlags flags) =>
        WhileHeldAsync(key, value, transaction => transaction.KeyExpireAsync(key, expiry, ExpireWhen.Always, CommandFlags.FireAndForget), flags);

    public Task<bool> LockReleaseAsync(RedisKey key, RedisValue value, CommandFlags flags) =>
        WhileHeldAsync(key, value, transaction => transaction.KeyDeleteAsync(key, CommandFlags.FireAndForget), flags);

    private Task<bool> WhileHeldAsync(RedisKey key, RedisValue token, Func<RedisTransaction, Task<bool>> act, CommandFlags flags)
    {
        RequireToken(token);
        var transaction = new RedisTransaction(Owner, Database, null);
        transaction.AddCondition(Condition.StringEqual(key, token));
        // The outcome of the transaction is the outcome of its only command; nobody would look at the command's own failure.
        _ = act(transaction);
        return transaction.ExecuteAsync(flags);
    }

    private static void RequireToken(RedisValue value)
    {
        if (value.IsNull) throw new ArgumentNullException(nameof(value), "A lock needs a value that tells who holds it.");
    }
}
