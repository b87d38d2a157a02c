using System.Net;
using System.Text;
using StackExchange.Redis;
using StackExchange.Redis.Profiling;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

/// <summary>
/// Never run: that it compiles says that overloads, conversions and defaults lead where they lead with the real package. It compiles
/// unchanged against version 3.4.35, and against 2.13.
/// </summary>
internal static class CallShapes
{
    private static readonly RedisKey s_key = "key";

    public static async Task StringsAsync(IDatabaseAsync db)
    {
        TimeSpan? expiry = null;
        await db.StringSetAsync(s_key, "x");
        await db.StringSetAsync(s_key, "x", TimeSpan.FromMinutes(1));
        await db.StringSetAsync(s_key, "x", when: When.NotExists);
        await db.StringSetAsync(s_key, "x", TimeSpan.FromSeconds(3), When.NotExists);
        await db.StringSetAsync(s_key, "x", TimeSpan.FromSeconds(3), when: When.NotExists, flags: CommandFlags.FireAndForget);
        await db.StringSetAsync(s_key, "x", expiry: TimeSpan.FromSeconds(3));
        await db.StringSetAsync(s_key, "x", expiry, When.Always);
        await db.StringSetAsync("key", Encoding.UTF8.GetBytes("x"), TimeSpan.FromHours(1));
        await db.StringSetAsync(new[] { new KeyValuePair<RedisKey, RedisValue>("a", "b") });
        string? text = await db.StringGetAsync(s_key);
        byte[]? bytes = await db.StringGetAsync(s_key);
        var number = (long)await db.StringGetAsync(s_key);
        RedisValue[] several = await db.StringGetAsync(["a", "b"]);
        await db.StringIncrementAsync(s_key);
        await db.StringIncrementAsync(s_key, 2);
        await db.StringIncrementAsync(s_key, 1.5);
        GC.KeepAlive((text, bytes, number, several));
    }

    public static async Task KeysAsync(IDatabaseAsync db)
    {
        await db.KeyExpireAsync(s_key, TimeSpan.FromSeconds(1));
        await db.KeyExpireAsync(s_key, DateTime.UtcNow);
        await db.KeyDeleteAsync(s_key);
        await db.KeyDeleteAsync(["a"]);
        TimeSpan? left = await db.KeyTimeToLiveAsync(s_key);
        await db.LockTakeAsync(s_key, "token", TimeSpan.FromSeconds(5));
        await db.LockExtendAsync(s_key, "token", TimeSpan.FromSeconds(5));
        await db.LockReleaseAsync(s_key, "token");
        GC.KeepAlive(left);
    }

    public static async Task CollectionsAsync(IDatabase db)
    {
        await db.HashSetAsync(s_key, "f", "v");
        await db.HashSetAsync(s_key, [new("a", 1), new("b", "x")]);
        Dictionary<string, string> fields = (await db.HashGetAllAsync(s_key)).ToStringDictionary();
        await db.HashGetAsync(s_key, ["f"]);
        await foreach (var field in db.HashScanAsync(s_key)) GC.KeepAlive(field.Name);
        await db.SetAddAsync(s_key, "m");
        await db.SetAddAsync(s_key, ["m"]);
        await db.SortedSetAddAsync(s_key, "m", 1.0);
        await db.SortedSetAddAsync(s_key, [new SortedSetEntry("m", 1)]);
        await db.SortedSetAddAsync(s_key, "m", 1, When.NotExists);
        await db.SortedSetRangeByScoreAsync(s_key, 0, 10, Exclude.None, Order.Ascending, 0, 10);
        SortedSetEntry? first = await db.SortedSetPopAsync(s_key);
        double? score = await db.SortedSetScoreAsync(s_key, "m");
        await db.ListLeftPushAsync(s_key, "v");
        await db.ListRightPushAsync(s_key, ["v"]);
        GC.KeepAlive((fields, first, score));
    }

    public static async Task StreamsAsync(IDatabaseAsync db)
    {
        var id = await db.StreamAddAsync(s_key, "f", "v");
        await db.StreamAddAsync(s_key, [new("a", "b")], maxLength: 1000, useApproximateMaxLength: true);
        await db.StreamAddAsync(s_key, [new("a", "b")], messageId: "*", maxLength: 1000, useApproximateMaxLength: true, flags: CommandFlags.None);
        await db.StreamAddAsync(s_key, new NameValueEntry[] { new("a", "b") }, null, 100_000, true);
        await db.StreamCreateConsumerGroupAsync(s_key, "g", StreamPosition.Beginning, createStream: true);
        await db.StreamCreateConsumerGroupAsync(s_key, "g", "0-0");
        await db.StreamReadGroupAsync(s_key, "g", "c", ">", 10);
        await db.StreamReadGroupAsync(s_key, "g", "c", StreamPosition.NewMessages, count: 10, noAck: false);
        await db.StreamReadGroupAsync(s_key, "g", "c", count: 10);
        await db.StreamReadGroupAsync([new("a", ">")], "g", "c", 10);
        await db.StreamReadGroupAsync([new("a", ">")], "g", "c", countPerStream: 10);
        await db.StreamReadAsync(s_key, "0-0", 10);
        await db.StreamReadAsync([new("a", "0")], 10);
        await db.StreamAcknowledgeAsync(s_key, "g", id);
        await db.StreamAcknowledgeAsync(s_key, "g", [id]);
        var claimed = await db.StreamAutoClaimAsync(s_key, "g", "c", 60_000, "0-0", 100);
        var finished = claimed.NextStartId == "0-0";
        await db.StreamPendingMessagesAsync(s_key, "g", 10, RedisValue.Null);
        await db.StreamPendingMessagesAsync(s_key, "g", 10, "c", "-", "+");
        await db.StreamPendingMessagesAsync(s_key, "g", 10, "c", minId: "-", maxId: "+", minIdleTimeInMs: 5);
        await db.StreamClaimAsync(s_key, "g", "c", 0, [id]);
        await db.StreamDeleteAsync(s_key, [id]);
        await db.StreamTrimAsync(s_key, 1000, true);
        await db.StreamTrimAsync(s_key, 1000);
        await db.StreamTrimByMinIdAsync(s_key, "1-1");
        await db.StreamRangeAsync(s_key, "-", "+", 10, Order.Descending);
        await db.StreamRangeAsync(s_key, count: 1);
        long? lag = (await db.StreamGroupInfoAsync(s_key))[0].Lag;
        GC.KeepAlive((finished, lag));
    }

    public static async Task ScriptsAsync(IDatabase db, IServer server)
    {
        await db.ScriptEvaluateAsync("return 1", new RedisKey[] { "a" }, new RedisValue[] { 1, "b" });
        var result = await db.ScriptEvaluateAsync("return 1", [s_key], [1]);
        await db.ScriptEvaluateAsync(LuaScript.Prepare("return @x"), new { x = 1 });
        await db.ScriptEvaluateAsync(await server.ScriptLoadAsync("return 1"), [s_key], [1]);
        await db.ExecuteAsync("XREADGROUP", "GROUP", "g", "c", "COUNT", 10, "BLOCK", 1000, "STREAMS", s_key, ">");
        await db.ExecuteAsync("PING");
        await db.ExecuteAsync("CLIENT", new object[] { "ID" }, CommandFlags.DemandMaster);
        GC.KeepAlive(((int)result, (long[]?)result, (RedisValue)result, (RedisResult[]?)result));
        GC.KeepAlive((result.Resp2Type, result.Resp3Type, result.IsNull, result.Length, result[0], result.ToDictionary()));
    }

    public static async Task TransactionsAsync(IDatabase db)
    {
        var batch = db.CreateBatch();
        var read = batch.StringGetAsync(s_key);
        batch.Execute();
        await read;
        var transaction = db.CreateTransaction();
        transaction.AddCondition(Condition.KeyNotExists(s_key));
        _ = transaction.StringSetAsync(s_key, "x");
        GC.KeepAlive(await transaction.ExecuteAsync());
    }

    public static async Task SubscriptionsAsync(ISubscriber subscriber, CancellationToken cancellationToken)
    {
        await subscriber.SubscribeAsync(RedisChannel.Literal("c"), (channel, message) => GC.KeepAlive((channel, message)));
        ChannelMessageQueue queue = await subscriber.SubscribeAsync(RedisChannel.Pattern("c*"));
        queue.OnMessage(message => GC.KeepAlive((message.Channel, message.Message)));
        queue.OnMessage(async _ => await Task.Yield());
        await foreach (var message in queue.WithCancellation(cancellationToken)) GC.KeepAlive(message);
        await queue.UnsubscribeAsync();
        await subscriber.PublishAsync(RedisChannel.Literal("c"), "m");
        await subscriber.UnsubscribeAsync(RedisChannel.Literal("c"));
    }

    public static async Task ClientAsync(IConnectionMultiplexer client, CancellationToken cancellationToken)
    {
        client.ConnectionFailed += (_, e) => GC.KeepAlive((e.FailureType, e.Exception, e.EndPoint, e.ConnectionType));
        client.ConnectionRestored += (_, _) => { };
        client.ErrorMessage += (_, _) => { };
        client.InternalError += (_, _) => { };
        client.ConfigurationChanged += (_, _) => { };
        client.RegisterProfiler(() => new ProfilingSession());
        GC.KeepAlive((client.GetCounters().TotalOutstanding, client.HashSlot(s_key), client.IsConnected));
        foreach (EndPoint endPoint in client.GetEndPoints()) GC.KeepAlive(client.GetServer(endPoint).IsConnected);
        var server = client.GetServer("h", 1);
        await foreach (var key in server.KeysAsync(pattern: "a*", pageSize: 500)) GC.KeepAlive(key);
        GC.KeepAlive((await server.InfoAsync("server"), server.Features.Unlink, server.ServerType == ServerType.Cluster, server.IsReplica, server.Version));

        var options = ConfigurationOptions.Parse("h");
        options.EndPoints.Add("h", 1);
        options.AbortOnConnectFail = false;
        options.ReconnectRetryPolicy = new ExponentialRetry(500, 5000);
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.Protocol = RedisProtocol.Resp3;
        options.CertificateValidation += (_, _, _, errors) => errors == System.Net.Security.SslPolicyErrors.None;
        options.DefaultDatabase = 1;
        options.CommandMap = CommandMap.Create(new HashSet<string> { "X" }, false);
        await using var another = await ConnectionMultiplexer.ConnectAsync(options);
        IDatabaseAsync database = another.GetDatabase(2);
        await database.PingAsync().WaitAsync(TimeSpan.FromSeconds(1), cancellationToken);
    }

    public static object Describe(Exception exception) => exception switch
    {
        RedisConnectionException e => (e.FailureType, e.CommandStatus),
        RedisTimeoutException e => e.Commandstatus,
        RedisServerException e when e.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal) => e.Message,
        RedisCommandException e => e,
        RedisException e => e,
        _ => "",
    };
}
