using System.Net;

namespace StackExchange.Redis;

/// <summary>Commands to one server.</summary>
public interface IServer : IRedis
{
    /// <summary>The address of the server.</summary>
    EndPoint EndPoint { get; }

    /// <summary>What the server can do.</summary>
    RedisFeatures Features { get; }

    /// <summary>Whether the client is connected to it.</summary>
    bool IsConnected { get; }

    /// <summary>The protocol in use.</summary>
    RedisProtocol Protocol { get; }

    /// <summary>Whether it is a replica.</summary>
    bool IsReplica { get; }

    /// <summary>What kind of server it is.</summary>
    ServerType ServerType { get; }

    /// <summary>Its version.</summary>
    Version Version { get; }

    /// <summary>How many databases it has; 0 when it does not say.</summary>
    int DatabaseCount { get; }

    /// <summary>Reads settings (CONFIG GET); needs allowAdmin.</summary>
    Task<KeyValuePair<string, string>[]> ConfigGetAsync(RedisValue pattern = default, CommandFlags flags = CommandFlags.None);

    /// <summary>Changes a setting (CONFIG SET); needs allowAdmin.</summary>
    Task ConfigSetAsync(RedisValue setting, RedisValue value, CommandFlags flags = CommandFlags.None);

    /// <summary>How many keys a database holds (DBSIZE).</summary>
    Task<long> DatabaseSizeAsync(int database = -1, CommandFlags flags = CommandFlags.None);

    /// <summary>Has the server send a message back (ECHO).</summary>
    Task<RedisValue> EchoAsync(RedisValue message, CommandFlags flags = CommandFlags.None);

    /// <summary>Sends any command.</summary>
    Task<RedisResult> ExecuteAsync(string command, params object[] args);

    /// <summary>Sends any command.</summary>
    Task<RedisResult> ExecuteAsync(string command, ICollection<object> args, CommandFlags flags = CommandFlags.None);

    /// <summary>Sends any command to a database.</summary>
    Task<RedisResult> ExecuteAsync(int? database, string command, ICollection<object> args, CommandFlags flags = CommandFlags.None);

    /// <summary>Deletes everything in every database (FLUSHALL); needs allowAdmin.</summary>
    Task FlushAllDatabasesAsync(CommandFlags flags = CommandFlags.None);

    /// <summary>Deletes everything in a database (FLUSHDB); needs allowAdmin.</summary>
    Task FlushDatabaseAsync(int database = -1, CommandFlags flags = CommandFlags.None);

    /// <summary>What the connections have done and have to do.</summary>
    ServerCounters GetCounters();

    /// <summary>What the server says of itself (INFO), by section.</summary>
    Task<IGrouping<string, KeyValuePair<string, string>>[]> InfoAsync(RedisValue section = default, CommandFlags flags = CommandFlags.None);

    /// <summary>What the server says of itself (INFO).</summary>
    Task<string?> InfoRawAsync(RedisValue section = default, CommandFlags flags = CommandFlags.None);

    /// <summary>Walks the keys of a database without blocking the server (SCAN); a key may come twice.</summary>
    IAsyncEnumerable<RedisKey> KeysAsync(
        int database = -1, RedisValue pattern = default, int pageSize = 250, long cursor = 0, int pageOffset = 0, CommandFlags flags = CommandFlags.None);

    /// <summary>When the server last saved its data (LASTSAVE), in UTC.</summary>
    Task<DateTime> LastSaveAsync(CommandFlags flags = CommandFlags.None);

    /// <summary>Whether the server knows a script (SCRIPT EXISTS).</summary>
    Task<bool> ScriptExistsAsync(string script, CommandFlags flags = CommandFlags.None);

    /// <summary>Whether the server knows a script (SCRIPT EXISTS).</summary>
    Task<bool> ScriptExistsAsync(byte[] sha1, CommandFlags flags = CommandFlags.None);

    /// <summary>Makes the server forget all scripts (SCRIPT FLUSH); needs allowAdmin.</summary>
    Task ScriptFlushAsync(CommandFlags flags = CommandFlags.None);

    /// <summary>Gives the server a script and returns its SHA-1 (SCRIPT LOAD).</summary>
    Task<byte[]> ScriptLoadAsync(string script, CommandFlags flags = CommandFlags.None);

    /// <summary>Gives the server a script (SCRIPT LOAD).</summary>
    Task<LoadedLuaScript> ScriptLoadAsync(LuaScript script, CommandFlags flags = CommandFlags.None);

    /// <summary>Channels that have subscribers (PUBSUB CHANNELS).</summary>
    Task<RedisChannel[]> SubscriptionChannelsAsync(RedisChannel pattern = default, CommandFlags flags = CommandFlags.None);

    /// <summary>How many subscribers a channel has (PUBSUB NUMSUB).</summary>
    Task<long> SubscriptionSubscriberCountAsync(RedisChannel channel, CommandFlags flags = CommandFlags.None);

    /// <summary>The server's clock (TIME), in UTC.</summary>
    Task<DateTime> TimeAsync(CommandFlags flags = CommandFlags.None);
}
