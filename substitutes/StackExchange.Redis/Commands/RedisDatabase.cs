namespace StackExchange.Redis;

/// <summary>Sends each command as it comes.</summary>
internal sealed class RedisDatabase(
    ConnectionMultiplexer owner, int database, object? asyncState) : DatabaseCommands(owner, database, asyncState), IDatabase
{
    public IBatch CreateBatch(object? asyncState) => new RedisBatch(Owner, Database, asyncState);

    public ITransaction CreateTransaction(object? asyncState) => new RedisTransaction(Owner, Database, asyncState);

    public TimeSpan Ping(CommandFlags flags) => Wait(PingAsync(flags));

    protected override void Deliver(IMessage message, CommandFrame frame) => Owner.Interactive.Send(message, Database, frame.Complete());
}
