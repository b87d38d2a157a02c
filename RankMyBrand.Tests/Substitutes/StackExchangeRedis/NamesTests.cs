using System.Text;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class NamesTests
{
    [Fact]
    public void Key_OfTextAndOfBytes_AreOne()
    {
        RedisKey text = "brände", bytes = Encoding.UTF8.GetBytes("brände");

        Assert.Equal(text, bytes);
        Assert.True(text == "brände");
        Assert.Equal(text.GetHashCode(), bytes.GetHashCode());
        Assert.Equal("brände", (string?)bytes);
    }

    [Fact]
    public void Key_Default_IsWrittenAsNull() => Assert.Equal("(null)", default(RedisKey).ToString());

    [Fact]
    public void Key_AppendAndPrepend_Join()
    {
        RedisKey key = "b";

        Assert.Equal("abc", (string?)key.Prepend("a").Append("c"));
        Assert.Equal("ab", (string?)key.Prepend("a"u8.ToArray()));
    }

    [Fact]
    public void Channel_LiteralAndPattern_Differ()
    {
        Assert.NotEqual(RedisChannel.Literal("a"), RedisChannel.Pattern("a"));
        Assert.True(RedisChannel.Pattern("a*").IsPattern);
        Assert.True(RedisChannel.Sharded("a").IsSharded);
        Assert.False(RedisChannel.Literal("a*").IsPattern);
        Assert.True(new RedisChannel("a*", RedisChannel.PatternMode.Auto).IsPattern);
        Assert.Equal("a", RedisChannel.Literal("a").ToString());
    }

    [Fact]
    public void Entries_OfPairs_ConvertBothWays()
    {
        HashEntry field = new KeyValuePair<RedisValue, RedisValue>("n", 1);
        SortedSetEntry member = new KeyValuePair<RedisValue, double>("m", 2);

        Assert.Equal(new HashEntry("n", "1"), field);
        Assert.Equal(2d, ((KeyValuePair<RedisValue, double>)member).Value);
        Assert.Equal("n: 1", field.ToString());
    }

    [Fact]
    public void HashEntries_AsDictionary_AreTexts()
    {
        HashEntry[] fields = [new("a", 1), new("b", "x")];

        Assert.Equal("x", fields.ToStringDictionary()["b"]);
        Assert.Equal(1, (int)fields.ToDictionary()["a"]);
    }

    [Theory]
    [InlineData("foo", 12182)]
    [InlineData("{user1000}.following", 3443)]
    [InlineData("{user1000}.followers", 3443)]
    [InlineData("foo{}{bar}", 8363)]
    [InlineData("123456789", 12739)]
    public async Task HashSlot_OfKey_FollowsTheClusterSpecification(string key, int slot)
    {
        var options = ConfigurationOptions.Parse("127.0.0.1:1,abortConnect=false,connectTimeout=100,connectRetry=1");
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);

        Assert.Equal(slot, client.HashSlot(key));
    }
}
