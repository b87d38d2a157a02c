namespace StackExchange.Redis;

/// <summary>A stream and where to read it from.</summary>
public struct StreamPosition(RedisKey key, RedisValue position)
{
    private const string BeginningText = "-";
    private const string NewMessagesText = "$";

    /// <summary>From the first entry.</summary>
    public static RedisValue Beginning => BeginningText;

    /// <summary>Only entries that nobody has been given yet.</summary>
    public static RedisValue NewMessages => NewMessagesText;

    /// <summary>The stream.</summary>
    public readonly RedisKey Key { get; } = key;

    /// <summary>The id after which to read.</summary>
    public readonly RedisValue Position { get; } = position;

    internal static RedisValue ForRead(RedisValue position)
    {
        if (position == NewMessages) throw new InvalidOperationException("StreamPosition.NewMessages cannot be used in StreamRead.");
        return position == Beginning ? "0-0" : position;
    }

    internal static RedisValue ForReadGroup(RedisValue position) =>
        position == NewMessages ? ">" : position == Beginning ? "0-0" : position;

    internal static RedisValue ForGroup(RedisValue position) => position == Beginning ? "0-0" : position;
}
