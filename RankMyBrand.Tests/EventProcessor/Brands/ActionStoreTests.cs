using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.EventProcessor.Brands;

public sealed class ActionStoreTests(Servers servers)
{
    private static readonly DateTimeOffset s_ten = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Add_SameWindow_IsRecordedOnce()
    {
        var token = TestContext.Current.CancellationToken;
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Plain, token);
        var store = new ActionStore(database);

        var added = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.AddAsync(Action("Google", s_ten), s_hour, token)));

        Assert.Single(added, isNew => isNew);
        Assert.True(await store.AddAsync(Action("OpenAI", s_ten), s_hour, token));
        Assert.True(await store.AddAsync(Action("Google", s_ten) with { Tenant = "other" }, s_hour, token));
        Assert.True(await store.AddAsync(Action("Google", s_ten + s_hour), s_hour, token));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(-1, false)]
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(-24, true)]
    public async Task Add_WithinTheCoolDown_IsNotRecorded(int hoursLater, bool expected)
    {
        var token = TestContext.Current.CancellationToken;
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Plain, token);
        var store = new ActionStore(database);
        await store.AddAsync(Action("Google", s_ten), TimeSpan.FromDays(1), token);

        Assert.Equal(expected, await store.AddAsync(Action("Google", s_ten.AddHours(hoursLater)), TimeSpan.FromDays(1), token));
    }

    [Fact]
    public async Task ReadUnpublished_SomePublished_GivesTheOthersInTheirOrder()
    {
        var token = TestContext.Current.CancellationToken;
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Plain, token);
        var store = new ActionStore(database);
        var actions = Enumerable.Range(0, 3).Select(i => Action($"Brand {i}", s_ten)).ToList();
        foreach (var action in actions)
            await store.AddAsync(action, s_hour, token);

        await store.MarkPublishedAsync([actions[1].Id], token);

        Assert.Equal([actions[0], actions[2]], await store.ReadUnpublishedAsync(token));
    }

    private static StoredAction Action(string brand, DateTimeOffset start) => new(UuidV7.Next(), "default", brand, start, start + s_hour, 1, 100, 0.05);
}
