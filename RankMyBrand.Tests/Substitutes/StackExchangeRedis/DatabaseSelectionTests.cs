using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

/// <summary>A command runs in the database it was meant for, or not at all.</summary>
public sealed class DatabaseSelectionTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Backlog_ForADatabaseThatIsNotThere_FailsAlone()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        server.Kill();
        var options = ConfigurationOptions.Parse(server.EndPoint + ",abortConnect=false,asyncTimeout=60000");
        options.ReconnectRetryPolicy = new LinearRetry(100);
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);

        var first = client.GetDatabase(0).StringSetAsync("first", 1);
        var beyond = client.GetDatabase(99).StringSetAsync("beyond", 1);
        var second = client.GetDatabase(1).StringSetAsync("second", 1);
        await server.RestartAsync(Cancellation);

        Assert.True(await first.WaitAsync(s_patience, Cancellation));
        Assert.True(await second.WaitAsync(s_patience, Cancellation));
        Assert.Contains("99", (await Assert.ThrowsAsync<RedisServerException>(() => beyond)).Message, StringComparison.Ordinal);
        Assert.False(await client.GetDatabase(0).KeyExistsAsync("beyond"));
        Assert.True(await client.GetDatabase(1).KeyExistsAsync("second"));
    }

    [Theory]
    [InlineData("-config", 99, "ERR DB index is out of range")]
    [InlineData("-select", 3, "NOPERM")]
    public async Task Database_ThatTheServerRefuses_FailsOnlyWhatIsMeantForIt(string right, int refused, string reason)
    {
        var user = RedisFixture.Key("user").ToString();
        await redis.Database(RedisProtocol.Resp3).ExecuteAsync("ACL", "SETUSER", user, "on", ">pw", "~*", "&*", "+@all", right);
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{redis.EndPoint},user={user},password=pw,asyncTimeout=30000");
        var (zero, other, key) = (client.GetDatabase(0), client.GetDatabase(refused), RedisFixture.Key());

        var good = Enumerable.Range(0, 5).Select(_ => zero.StringIncrementAsync("n" + key)).ToList();
        var bad = Enumerable.Range(0, 5).Select(_ => other.StringSetAsync(key, 1)).ToList();
        var transaction = other.CreateTransaction();
        transaction.AddCondition(Condition.KeyNotExists(key));
        bad.Add(transaction.StringSetAsync(key, 1));
        bad.Add(transaction.ExecuteAsync());
        good.AddRange(Enumerable.Range(0, 5).Select(_ => zero.StringIncrementAsync("n" + key)));

        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), await Task.WhenAll(good));
        foreach (var command in bad)
        {
            var error = await Assert.ThrowsAsync<RedisServerException>(() => command.WaitAsync(s_patience, Cancellation));
            Assert.StartsWith(reason, error.Message, StringComparison.Ordinal);
        }
        Assert.False(await zero.KeyExistsAsync(key));
        Assert.Equal(1, client.GetCounters().Interactive.SocketCount);
    }

    [Fact]
    public async Task Commands_ForADatabaseThatIsNew_KeepTheirOrder()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint + ",asyncTimeout=30000");
        var (db, key) = (client.GetDatabase(7), RedisFixture.Key());

        var pushed = Enumerable.Range(1, 100).Select(i => db.ListRightPushAsync(key, i)).ToList();

        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), await Task.WhenAll(pushed));
        Assert.False(await client.GetDatabase(0).KeyExistsAsync(key));
    }

    [Fact]
    public async Task Close_WhileADatabaseIsBeingSelected_LetsItsCommandsComplete()
    {
        var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint + ",asyncTimeout=30000");
        var pending = Enumerable.Range(0, 10).Select(_ => client.GetDatabase(8).PingAsync()).ToList();

        await client.CloseAsync();

        await Task.WhenAll(pending).WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task Select_GivenByName_ChangesNoOtherCommand()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint + ",asyncTimeout=30000");
        var (db, key) = (client.GetDatabase(0), RedisFixture.Key());
        var transaction = db.CreateTransaction();

        await db.ExecuteAsync("SELECT", 5);
        await db.StringSetAsync(key, "plain");
        await db.ExecuteAsync("select", [5], CommandFlags.FireAndForget);
        await db.StringAppendAsync(key, ", forgotten");
        _ = transaction.ExecuteAsync("SELECT", 5);
        await transaction.ExecuteAsync();
        await db.StringAppendAsync(key, ", transaction");

        Assert.Equal("plain, forgotten, transaction", (string?)await redis.Database(RedisProtocol.Resp3).StringGetAsync(key));
    }

    [Fact]
    public async Task Select_RenamedByTheServer_GoesByItsNewName()
    {
        await using var server = await RedisServer.StartAsync(Cancellation, "--rename-command", "SELECT", "use");
        await using var client = await ConnectionMultiplexer.ConnectAsync(server.EndPoint + ",$SELECT=use,asyncTimeout=30000");

        await client.GetDatabase(1).StringSetAsync("k", 1);

        Assert.False(await client.GetDatabase(0).KeyExistsAsync("k"));
        Assert.True(await client.GetDatabase(1).KeyExistsAsync("k"));
    }

    [Fact]
    public async Task Select_DisabledInTheMap_LeavesTheFirstDatabase()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(redis.EndPoint + ",$SELECT=");

        await Assert.ThrowsAsync<RedisServerException>(() => client.GetDatabase(1).StringSetAsync(RedisFixture.Key(), 1));

        Assert.True(await client.GetDatabase(0).StringSetAsync(RedisFixture.Key(), 1));
    }
}
