namespace StackExchange.Redis;

/// <summary>Something went wrong between the client and Redis.</summary>
public class RedisException : Exception
{
    /// <summary>Makes an exception with a message.</summary>
    public RedisException(string message) : base(message) { }

    /// <summary>Makes an exception with a message and its cause.</summary>
    public RedisException(string message, Exception? innerException) : base(message, innerException) { }
}

/// <summary>The client refused a command before it was sent.</summary>
public sealed class RedisCommandException : Exception
{
    /// <summary>Makes an exception with a message.</summary>
    public RedisCommandException(string message) : base(message) { }

    /// <summary>Makes an exception with a message and its cause.</summary>
    public RedisCommandException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>The server answered with an error; the message is the server's own text.</summary>
public sealed class RedisServerException(RedisErrorKind kind, CommandFlags flags, string message) : RedisException(message)
{
    /// <summary>What kind of error it is.</summary>
    public RedisErrorKind Kind { get; } = kind;

    /// <summary>The flags of the command.</summary>
    public CommandFlags Flags { get; } = flags;
}

/// <summary>There was no connection, or it broke before the reply came.</summary>
public sealed class RedisConnectionException(
    ConnectionFailureType failureType,
    CommandFlags flags,
    string message,
    Exception? innerException = null,
    CommandStatus commandStatus = CommandStatus.Unknown) : RedisException(message, innerException)
{
    /// <summary>Why the connection failed.</summary>
    public ConnectionFailureType FailureType { get; } = failureType;

    /// <summary>The flags of the command.</summary>
    public CommandFlags Flags { get; } = flags;

    /// <summary>How far the command had come. A command that was sent may have been carried out.</summary>
    public CommandStatus CommandStatus { get; } = commandStatus;
}

/// <summary>No reply came in time. The command may still be carried out.</summary>
public sealed class RedisTimeoutException(CommandFlags flags, string message, CommandStatus commandStatus) : TimeoutException(message)
{
    /// <summary>How far the command had come.</summary>
    public CommandStatus Commandstatus { get; } = commandStatus;

    /// <summary>The flags of the command.</summary>
    public CommandFlags Flags { get; } = flags;
}
