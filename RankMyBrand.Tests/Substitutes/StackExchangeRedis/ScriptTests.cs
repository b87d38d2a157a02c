using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class ScriptTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    public static TheoryData<RedisProtocol> Protocols => [RedisProtocol.Resp2, RedisProtocol.Resp3];

    [Theory, MemberData(nameof(Protocols))]
    public async Task Script_WithKeysAndValues_GetsThem(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);

        var result = await db.ScriptEvaluateAsync("return {KEYS[1], ARGV[1], ARGV[2], 7, false}", ["k"], ["v", 2]);

        Assert.Equal(5, result.Length);
        Assert.Equal(["k", "v", "2", "7", null], ((string?[]?)result)!.AsEnumerable());
        Assert.Equal(7, (int)result[3]);
        Assert.True(result[4].IsNull);
        Assert.Equal("5 element(s)", result.ToString());
        Assert.Throws<InvalidCastException>(() => (int)result);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Script_AfterFlush_IsSentAgain(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var server = redis.Client(protocol).GetServers()[0];
        const string Script = "return redis.call('INCR', KEYS[1])";
        var key = RedisFixture.Key();

        for (var i = 1; i <= 3; i++) Assert.Equal(i, (long)await db.ScriptEvaluateAsync(Script, [key]));
        await server.ScriptFlushAsync();
        var calls = Enumerable.Range(0, 20).Select(_ => db.ScriptEvaluateAsync(Script, [key])).ToList();
        var results = await Task.WhenAll(calls);

        Assert.Equal(Enumerable.Range(4, 20).Select(i => (long)i), results.Select(result => (long)result).Order());
        Assert.True(await server.ScriptExistsAsync(Script));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Script_ByHash_HasNoFallback(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var hash = await redis.Client(protocol).GetServers()[0].ScriptLoadAsync("return 'by hash " + protocol + "'");

        Assert.Equal("by hash " + protocol, (string?)await db.ScriptEvaluateAsync(hash));
        hash[0] ^= 0xFF;
        var error = await Assert.ThrowsAsync<RedisServerException>(() => db.ScriptEvaluateAsync(hash));
        Assert.StartsWith("NOSCRIPT", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Script_ThatFails_IsTheServersError(RedisProtocol protocol)
    {
        var error = await Assert.ThrowsAsync<RedisServerException>(() => redis.Database(protocol).ScriptEvaluateAsync("return redis.error_reply('MINE it is')"));

        Assert.StartsWith("MINE it is", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepared_WithNames_BindsMembers()
    {
        var db = redis.Database(RedisProtocol.Resp3);
        var key = RedisFixture.Key();
        var script = LuaScript.Prepare("redis.call('SET', @key, @value) return redis.call('GET', @key) .. '@value' .. @value");

        var result = await db.ScriptEvaluateAsync(script, new { key, value = 5 });

        Assert.Equal("5@value5", (string?)result);
        Assert.Same(script, LuaScript.Prepare(script.OriginalScript));
        var missing = await Assert.ThrowsAsync<ArgumentException>(() => db.ScriptEvaluateAsync(script, new { key }));
        Assert.Contains("value", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loaded_OnServer_RunsByHash()
    {
        var loaded = await redis.Client(RedisProtocol.Resp3).GetServers()[0].ScriptLoadAsync(LuaScript.Prepare("return @n * 2"));

        Assert.Equal(8, (int)await redis.Database(RedisProtocol.Resp3).ScriptEvaluateAsync(loaded, new { n = 4 }));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Script_InBatchAndTransaction_Runs(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var batch = db.CreateBatch();
        var transaction = db.CreateTransaction();

        var inBatch = batch.ScriptEvaluateAsync("return 1");
        var inTransaction = transaction.ScriptEvaluateAsync("return 2");
        batch.Execute();
        Assert.True(await transaction.ExecuteAsync());

        Assert.Equal(1, (int)await inBatch);
        Assert.Equal(2, (int)await inTransaction);
    }
}
