namespace StackExchange.Redis;

/// <summary>What everything that talks to Redis has in common.</summary>
public interface IRedisAsync
{
    /// <summary>The multiplexer behind it.</summary>
    IConnectionMultiplexer Multiplexer { get; }

    /// <summary>Asks the server for a sign of life and returns how long it took.</summary>
    Task<TimeSpan> PingAsync(CommandFlags flags = CommandFlags.None);

    /// <summary>Blocks until the task ends or the timeout of synchronous commands has passed; false in the latter case.</summary>
    bool TryWait(Task task);

    /// <summary>Blocks until the task ends; throws when it fails or the timeout of synchronous commands has passed.</summary>
    void Wait(Task task);

    /// <summary>Blocks until the task ends; throws when it fails or the timeout of synchronous commands has passed.</summary>
    T Wait<T>(Task<T> task);

    /// <summary>Blocks until the tasks end; throws when one fails or the timeout of synchronous commands has passed.</summary>
    void WaitAll(params Task[] tasks);
}

/// <summary>The blocking operations that everything that talks to Redis has in common.</summary>
public interface IRedis : IRedisAsync
{
    /// <summary>Asks the server for a sign of life and returns how long it took.</summary>
    TimeSpan Ping(CommandFlags flags = CommandFlags.None);
}

/// <summary>The commands of one database.</summary>
public partial interface IDatabaseAsync : IRedisAsync
{
    /// <summary>Whether there is a connection to the server of a key.</summary>
    bool IsConnected(RedisKey key, CommandFlags flags = CommandFlags.None);
}

/// <summary>One database, and what sends several commands at once.</summary>
public interface IDatabase : IRedis, IDatabaseAsync
{
    /// <summary>The number of the database.</summary>
    int Database { get; }

    /// <summary>Collects commands and sends them with nothing in between.</summary>
    IBatch CreateBatch(object? asyncState = null);

    /// <summary>Collects commands and has them executed as one.</summary>
    ITransaction CreateTransaction(object? asyncState = null);
}

/// <summary>Commands that are sent together. Their tasks complete only after <see cref="Execute"/>: do not await them before.</summary>
public interface IBatch : IDatabaseAsync
{
    /// <summary>Sends the commands.</summary>
    void Execute();
}

/// <summary>Commands that are executed as one, if conditions hold. Their tasks complete only after execution, or are cancelled.</summary>
public interface ITransaction : IBatch
{
    /// <summary>Adds a condition.</summary>
    ConditionResult AddCondition(Condition condition);

    /// <summary>Executes the commands; false when a condition did not hold or a key of one changed meanwhile.</summary>
    bool Execute(CommandFlags flags = CommandFlags.None);

    /// <summary>Executes the commands; false when a condition did not hold or a key of one changed meanwhile.</summary>
    Task<bool> ExecuteAsync(CommandFlags flags = CommandFlags.None);
}
