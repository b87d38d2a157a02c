using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class CommandTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    public static TheoryData<RedisProtocol> Protocols => [RedisProtocol.Resp2, RedisProtocol.Resp3];

    [Theory, MemberData(nameof(Protocols))]
    public async Task Strings_WrittenAndRead_Agree(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey key = RedisFixture.Key(), other = RedisFixture.Key();

        Assert.True(await db.StringSetAsync(key, "grüße"));
        Assert.Equal("grüße", (string?)await db.StringGetAsync(key));
        Assert.Equal(7, await db.StringLengthAsync(key));
        Assert.False(await db.StringSetAsync(key, "x", when: When.NotExists));
        Assert.True(await db.StringSetAsync(key, "x", when: When.Exists));
        Assert.Equal("x", (string?)await db.StringSetAndGetAsync(key, "y"));
        Assert.Equal("y", (string?)await db.StringGetSetAsync(key, "z"));
        Assert.Equal(3, await db.StringAppendAsync(key, "zz"));
        Assert.Equal("zz", (string?)await db.StringGetRangeAsync(key, 1, 2));
        Assert.True((await db.StringGetAsync(other)).IsNull);
        Assert.Equal(["zzz", null], (await db.StringGetAsync([key, other])).ToStringArray().AsEnumerable());
        Assert.Equal("zzz", (string?)await db.StringGetDeleteAsync(key));
        Assert.False(await db.KeyExistsAsync(key));
        Assert.Empty(await db.StringGetAsync((RedisKey[])[]));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Strings_Counted_AddUp(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey whole = RedisFixture.Key(), real = RedisFixture.Key();

        Assert.Equal(1, await db.StringIncrementAsync(whole));
        Assert.Equal(11, await db.StringIncrementAsync(whole, 10));
        Assert.Equal(6, await db.StringDecrementAsync(whole, 5));
        Assert.Equal(1.5, await db.StringIncrementAsync(real, 1.5));
        Assert.True(await db.StringSetAsync([new(whole, 1), new(real, 2)]));
        Assert.False(await db.StringSetAsync([new(whole, 1), new(real, 2)], When.NotExists));
        Assert.False(await db.StringSetBitAsync(whole, 6, true));
        Assert.True(await db.StringGetBitAsync(whole, 6));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Keys_Expiring_TellTheirTime(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();

        await db.StringSetAsync(key, 1, TimeSpan.FromMinutes(1));
        Assert.InRange((await db.KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.True((await db.StringGetWithExpiryAsync(key)).Expiry > TimeSpan.Zero);
        await db.StringSetAsync(key, 2, keepTtl: true, expiry: null);
        Assert.NotNull(await db.KeyTimeToLiveAsync(key));
        Assert.True(await db.KeyPersistAsync(key));
        Assert.Null(await db.KeyTimeToLiveAsync(key));
        Assert.False(await db.KeyExpireAsync(key, TimeSpan.FromMinutes(1), ExpireWhen.HasExpiry));
        Assert.True(await db.KeyExpireAsync(key, DateTime.UtcNow.AddHours(1)));
        Assert.InRange((await db.KeyExpireTimeAsync(key))!.Value, DateTime.UtcNow, DateTime.UtcNow.AddHours(2));
        Assert.Equal(2, (int)await db.StringGetSetExpiryAsync(key, (TimeSpan?)null));
        Assert.Null(await db.KeyTimeToLiveAsync(key));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Keys_MovedAndTyped_AreFound(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey key = RedisFixture.Key(), other = RedisFixture.Key(), third = RedisFixture.Key();

        await db.StringSetAsync(key, "v");
        Assert.Equal(RedisType.String, await db.KeyTypeAsync(key));
        Assert.True(await db.KeyRenameAsync(key, other));
        Assert.True(await db.KeyCopyAsync(other, key));
        Assert.False(await db.KeyRenameAsync(key, other, When.NotExists));
        await db.KeyRestoreAsync(third, (await db.KeyDumpAsync(key))!);
        Assert.Equal("v", (string?)await db.StringGetAsync(third));
        Assert.Equal(2, await db.KeyExistsAsync([key, other, RedisFixture.Key()]));
        Assert.True(await db.KeyTouchAsync(key));
        Assert.False((await db.KeyRandomAsync()).Equals(default(RedisKey)));
        Assert.True(await db.KeyMoveAsync(third, 5));
        Assert.Equal("v", (string?)await redis.Database(protocol, 5).StringGetAsync(third));
        Assert.True(await db.KeyDeleteAsync(key));
        Assert.Equal(1, await db.KeyDeleteAsync([key, other]));
        Assert.Equal(RedisType.None, await db.KeyTypeAsync(key));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Hashes_WrittenAndRead_Agree(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();

        await db.HashSetAsync(key, [new("a", 1), new("b", "x")]);
        Assert.True(await db.HashSetAsync(key, "c", 2));
        Assert.False(await db.HashSetAsync(key, "c", 3));
        Assert.False(await db.HashSetAsync(key, "c", 4, When.NotExists));
        Assert.Equal(["1", "3", null], (await db.HashGetAsync(key, ["a", "c", "d"])).ToStringArray().AsEnumerable());
        Assert.Equal(3, (await db.HashGetAllAsync(key)).Length);
        Assert.Equal(6, await db.HashIncrementAsync(key, "a", 5));
        Assert.Equal(6.5, await db.HashIncrementAsync(key, "a", 0.5));
        Assert.Equal(["a", "b", "c"], (await db.HashKeysAsync(key)).ToStringArray().Order());
        Assert.Equal(3, (await db.HashValuesAsync(key)).Length);
        Assert.True(await db.HashExistsAsync(key, "b"));
        Assert.True(await db.HashSetAsync(key, "b", RedisValue.Null));
        Assert.False(await db.HashExistsAsync(key, "b"));
        Assert.Equal(2, await db.HashDeleteAsync(key, ["a", "c", "z"]));
        Assert.Equal(0, await db.HashLengthAsync(key));
        Assert.Empty(await db.HashGetAllAsync(key));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Scans_OfManyItems_GiveAll(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey hash = RedisFixture.Key(), set = RedisFixture.Key(), sorted = RedisFixture.Key();
        await db.HashSetAsync(hash, [.. Enumerable.Range(0, 2000).Select(i => new HashEntry(i, i))]);
        await db.SetAddAsync(set, [.. Enumerable.Range(0, 2000).Select(i => (RedisValue)("m" + i))]);
        await db.SortedSetAddAsync(sorted, [.. Enumerable.Range(0, 2000).Select(i => new SortedSetEntry(i, i))]);

        Assert.Equal(2000, (await ToSetAsync(db.HashScanAsync(hash))).Count);
        Assert.Equal(2000, (await ToSetAsync(db.SetScanAsync(set))).Count);
        Assert.Equal(2000, (await ToSetAsync(db.SortedSetScanAsync(sorted))).Count);
        Assert.Equal(11, (await ToSetAsync(db.SetScanAsync(set, "m199*"))).Count);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Sets_CombinedAndPopped_Agree(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey first = RedisFixture.Key(), second = RedisFixture.Key(), stored = RedisFixture.Key();

        Assert.Equal(3, await db.SetAddAsync(first, ["a", "b", "c"]));
        Assert.True(await db.SetAddAsync(second, "c"));
        Assert.False(await db.SetAddAsync(second, "c"));
        Assert.True(await db.SetContainsAsync(first, "a"));
        Assert.Equal([true, false], (await db.SetContainsAsync(first, ["a", "z"])).AsEnumerable());
        Assert.Equal(["a", "b"], (await db.SetCombineAsync(SetOperation.Difference, first, second)).ToStringArray().Order());
        Assert.Equal(1, await db.SetCombineAndStoreAsync(SetOperation.Intersect, stored, first, second));
        Assert.Equal(["c"], (await db.SetMembersAsync(stored)).ToStringArray().AsEnumerable());
        Assert.True(await db.SetMoveAsync(first, second, "a"));
        Assert.Equal(2, await db.SetLengthAsync(second));
        Assert.True((await db.SetRandomMemberAsync(first)).HasValue);
        Assert.Equal(2, (await db.SetPopAsync(first, 5)).Length);
        Assert.True((await db.SetPopAsync(first)).IsNull);
        Assert.Equal(2, await db.SetRemoveAsync(second, ["a", "c"]));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Lists_PushedAndPopped_Agree(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey key = RedisFixture.Key(), other = RedisFixture.Key();

        Assert.Equal(0, await db.ListRightPushAsync(key, "x", When.Exists));
        Assert.Equal(3, await db.ListRightPushAsync(key, ["a", "b", "c"]));
        Assert.Equal(4, await db.ListLeftPushAsync(key, "0"));
        Assert.Equal(["0", "a", "b", "c"], (await db.ListRangeAsync(key)).ToStringArray().AsEnumerable());
        Assert.Equal("b", (string?)await db.ListGetByIndexAsync(key, 2));
        Assert.Equal(2, await db.ListPositionAsync(key, "b"));
        Assert.Equal(-1, await db.ListPositionAsync(key, "zz"));
        Assert.Equal(5, await db.ListInsertBeforeAsync(key, "b", "!"));
        await db.ListSetByIndexAsync(key, 0, "1");
        Assert.Equal(1, await db.ListRemoveAsync(key, "!"));
        Assert.Equal("c", (string?)await db.ListMoveAsync(key, other, ListSide.Right, ListSide.Left));
        await db.ListTrimAsync(key, 0, 1);
        Assert.Equal(2, await db.ListLengthAsync(key));
        Assert.Equal(["1", "a"], (await db.ListLeftPopAsync(key, 5)).ToStringArray().AsEnumerable());
        Assert.Empty(await db.ListLeftPopAsync(key, 5));
        Assert.Equal("c", (string?)await db.ListRightPopAsync(other));
        Assert.True((await db.ListRightPopAsync(other)).IsNull);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task SortedSets_RangesAndScores_Agree(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey key = RedisFixture.Key(), other = RedisFixture.Key();

        Assert.Equal(4, await db.SortedSetAddAsync(key, [new("a", 1), new("b", 2), new("c", 2.5), new("d", double.PositiveInfinity)]));
        Assert.False(await db.SortedSetAddAsync(key, "a", 1.5));
        Assert.False(await db.SortedSetAddAsync(key, "e", 1, SortedSetWhen.Exists));
        Assert.True(await db.SortedSetUpdateAsync(key, "a", 1));
        Assert.Equal(2.5, await db.SortedSetScoreAsync(key, "c"));
        Assert.Null(await db.SortedSetScoreAsync(key, "z"));
        Assert.Equal([1.0, null], await db.SortedSetScoresAsync(key, ["a", "z"]));
        Assert.Equal(["d", "c"], (await db.SortedSetRangeByRankAsync(key, 0, 1, Order.Descending)).ToStringArray().AsEnumerable());
        Assert.Equal(new SortedSetEntry("d", double.PositiveInfinity), (await db.SortedSetRangeByRankWithScoresAsync(key, -1))[0]);
        Assert.Equal(["b", "c"], (await db.SortedSetRangeByScoreAsync(key, 1, 3, Exclude.Start)).ToStringArray().AsEnumerable());
        Assert.Equal(["c", "b"], (await db.SortedSetRangeByScoreAsync(key, 1, 3, Exclude.Start, Order.Descending)).ToStringArray().AsEnumerable());
        Assert.Equal(["c"], (await db.SortedSetRangeByScoreWithScoresAsync(key, 0, 3, skip: 2, take: 1)).Select(entry => entry.Element.ToString()));
        Assert.Equal(2, await db.SortedSetLengthAsync(key, 2, 3));
        Assert.Equal(4, await db.SortedSetLengthAsync(key));
        Assert.Equal(1, await db.SortedSetRankAsync(key, "b"));
        Assert.Equal(3.5, await db.SortedSetIncrementAsync(key, "b", 1.5));
        Assert.Equal(5, await db.SortedSetCombineAndStoreAsync(SetOperation.Union, other, key, key) + 1);
        Assert.Equal(2d, (await db.SortedSetCombineWithScoresAsync(SetOperation.Intersect, [key, other], [0, 1], Aggregate.Max))[0].Score);
        Assert.Equal(new SortedSetEntry("a", 1), await db.SortedSetPopAsync(key));
        Assert.Equal(2, (await db.SortedSetPopAsync(key, 2, Order.Descending)).Length);
        Assert.Equal(1, await db.SortedSetRemoveRangeByScoreAsync(key, double.NegativeInfinity, 5));
        Assert.Null(await db.SortedSetPopAsync(key));
        await db.SortedSetAddAsync(key, [new("a", 0), new("b", 0), new("c", 0)]);
        Assert.Equal(["b", "c"], (await db.SortedSetRangeByValueAsync(key, "b")).ToStringArray().AsEnumerable());
        Assert.Equal(1, await db.SortedSetRemoveRangeByValueAsync(key, "a", "b", Exclude.Stop));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Databases_OfDifferentNumbers_AreApart(RedisProtocol protocol)
    {
        var key = RedisFixture.Key();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(number => redis.Database(protocol, number).StringSetAsync(key, number)));
        var values = await Task.WhenAll(Enumerable.Range(0, 16).Select(number => redis.Database(protocol, number).StringGetAsync(key)));

        Assert.Equal(Enumerable.Range(0, 16), values.Select(value => (int)value));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Database_ThatDoesNotExist_IsSaid(RedisProtocol protocol)
    {
        var error = await Assert.ThrowsAsync<RedisServerException>(() => redis.Database(protocol, 99).StringGetAsync("k"));

        Assert.Contains("99", error.Message, StringComparison.Ordinal);
        Assert.True((await redis.Database(protocol).StringGetAsync(RedisFixture.Key())).IsNull);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task FireAndForget_IsCompleteAtOnce_AndDone(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();

        var task = db.StringSetAsync(key, "x", flags: CommandFlags.FireAndForget);

        Assert.True(task.IsCompletedSuccessfully);
        Assert.Equal("x", (string?)await db.StringGetAsync(key));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task WrongType_IsTheServersText(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        await db.StringSetAsync(key, "x");

        var error = await Assert.ThrowsAsync<RedisServerException>(() => db.ListLengthAsync(key));

        Assert.StartsWith("WRONGTYPE ", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Batch_Executed_CompletesItsTasks(RedisProtocol protocol)
    {
        var key = RedisFixture.Key();
        var batch = redis.Database(protocol).CreateBatch();

        var tasks = Enumerable.Range(0, 100).Select(_ => batch.StringIncrementAsync(key)).ToList();
        Assert.All(tasks, task => Assert.False(task.IsCompleted));
        batch.Execute();

        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), await Task.WhenAll(tasks));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task LargeValue_OfTenMegabytes_ComesBack(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        var key = RedisFixture.Key();
        var large = new byte[10 * 1024 * 1024];
        new Random(7).NextBytes(large);

        await db.StringSetAsync(key, large);
        var small = db.StringLengthAsync(key);
        var read = await db.StringGetAsync(key);

        Assert.Equal(large.Length, await small);
        Assert.True(large.AsSpan().SequenceEqual((byte[]?)read));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task HyperLogLog_OfDifferentElements_Counts(RedisProtocol protocol)
    {
        var db = redis.Database(protocol);
        RedisKey first = RedisFixture.Key(), second = RedisFixture.Key();

        Assert.True(await db.HyperLogLogAddAsync(first, ["a", "b"]));
        Assert.False(await db.HyperLogLogAddAsync(first, "a"));
        await db.HyperLogLogMergeAsync(second, first, first);

        Assert.Equal(2, await db.HyperLogLogLengthAsync(second));
    }

    private static async Task<HashSet<T>> ToSetAsync<T>(IAsyncEnumerable<T> items)
    {
        var set = new HashSet<T>();
        await foreach (var item in items) set.Add(item);
        return set;
    }
}
