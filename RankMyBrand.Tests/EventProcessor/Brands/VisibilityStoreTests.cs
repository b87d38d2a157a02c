using Npgsql;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.EventProcessor.Brands;

public sealed class VisibilityStoreTests(Servers servers)
{
    private const string Tenant = "default";

    private static readonly DateTimeOffset s_ten = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    public static TheoryData<BrandsDatabase.Flavour> Flavours => [.. Enum.GetValues<BrandsDatabase.Flavour>()];

    [Theory]
    [MemberData(nameof(Flavours))]
    public async Task Read_StoredResponses_SumsThemByBucket(BrandsDatabase.Flavour flavour)
    {
        var token = TestContext.Current.CancellationToken;
        await using var database = await BrandsDatabase.CreateAsync(servers, flavour, token);
        var store = new VisibilityStore(database);
        await store.SaveAsync(
            [
                Response(s_ten, ("Google", 2, 10), ("OpenAI", 1, 0)),
                Response(s_ten.AddSeconds(59.999), ("OpenAI", 3, 4)),
                Response(s_ten.AddMinutes(1)),
                Response(s_ten.AddMinutes(61), ("Google", 1, 5)),
                Response(s_ten, ("Google", 9, 0)) with { Tenant = "other" },
            ],
            token);

        var minutes = await store.ReadAsync(Tenant, Query("Google", TimeSpan.FromMinutes(1)), token);
        var hours = await store.ReadAsync(Tenant, Query("Google", TimeSpan.FromHours(1)), token);

        Assert.Equal(
            [
                new BrandBucket(s_ten, 2, 1, 2, 6, 10, 5),
                new BrandBucket(s_ten.AddMinutes(1), 1, 0, 0, 0, null, null),
                new BrandBucket(s_ten.AddMinutes(61), 1, 1, 1, 1, 5, 2),
            ],
            minutes);
        Assert.Equal([new BrandBucket(s_ten, 3, 1, 2, 6, 10, 5), new BrandBucket(s_ten.AddHours(1), 1, 1, 1, 1, 5, 2)], hours);
        Assert.Equal([2 / 6.0, 1], hours.Select(bucket => bucket.ShareOfVoice));
    }

    [Theory]
    [MemberData(nameof(Flavours))]
    public async Task Save_SameResponsesAgain_CountsThemOnce(BrandsDatabase.Flavour flavour)
    {
        var token = TestContext.Current.CancellationToken;
        await using var database = await BrandsDatabase.CreateAsync(servers, flavour, token);
        var store = new VisibilityStore(database);
        var (first, second) = (Response(s_ten, ("Google", 2, 10)), Response(s_ten, ("Google", 1, 0)));
        // The same response measured by a processor with other brands: what was measured first stands.
        var remeasured = first with { Visibility = first.Visibility with { TotalMentions = 7, Brands = [Visibility("Google", 2, 10), Visibility("OpenAI", 5, 1)] } };

        Assert.Equal(1, await store.SaveAsync([first, first], token));
        Assert.Equal(1, await store.SaveAsync([remeasured, second, first], token));
        Assert.Equal(0, await store.SaveAsync([second, remeasured], token));

        Assert.Equal([new BrandBucket(s_ten, 2, 2, 3, 3, 5, 2.5)], await store.ReadAsync(Tenant, Query("Google", TimeSpan.FromHours(1)), token));
        Assert.DoesNotContain("OpenAI", (await store.ReadWindowAsync(Tenant, s_ten, s_ten.AddHours(1), token)).Mentions.Keys);
    }

    [Theory]
    [MemberData(nameof(Flavours))]
    public async Task Save_SameResponsesFromManyWriters_CountsThemOnce(BrandsDatabase.Flavour flavour)
    {
        var token = TestContext.Current.CancellationToken;
        await using var database = await BrandsDatabase.CreateAsync(servers, flavour, token);
        var responses = Enumerable.Range(0, 200).Select(i => Response(s_ten.AddSeconds(i), ("Google", 1, 0), ("OpenAI", 2, 3))).ToList();
        var writers = Enumerable.Range(0, 8).Select(async seed =>
        {
            var store = new VisibilityStore(database);
            var order = responses.ToArray();
            new Random(seed).Shuffle(order);
            var saved = 0L;
            foreach (var batch in order.Chunk(23))
                saved += await SaveThroughDeadlocksAsync(store, batch, token);
            return saved;
        });

        var saved = await Task.WhenAll(writers);

        Assert.Equal(200, saved.Sum());
        var totals = await new VisibilityStore(database).ReadWindowAsync(Tenant, s_ten, s_ten.AddHours(1), token);
        Assert.Equal((200, 600), (totals.MentioningResponses, totals.TotalMentions));
        Assert.Equal([("Google", 200L), ("OpenAI", 400L)], totals.Mentions.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public async Task Save_StatementThatFails_StoresNothing()
    {
        var token = TestContext.Current.CancellationToken;
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, token);
        var store = new VisibilityStore(database);
        var unstorable = Response(s_ten, ("Google\0", 1, 0));

        await Assert.ThrowsAsync<PostgresException>(() => store.SaveAsync([Response(s_ten, ("Google", 1, 0)), unstorable], token));

        Assert.Empty((await store.ReadWindowAsync(Tenant, s_ten, s_ten.AddHours(1), token)).Mentions);
    }

    /// <summary>PostgreSQL may break a deadlock between writers of the same rows; the consumer tries such a batch again, as any transient failure.</summary>
    private static async Task<long> SaveThroughDeadlocksAsync(VisibilityStore store, IReadOnlyList<MeasuredResponse> batch, CancellationToken token)
    {
        while (true)
        {
            try
            {
                return await store.SaveAsync(batch, token);
            }
            catch (PostgresException e) when (e.IsTransient)
            {
                token.ThrowIfCancellationRequested();
            }
        }
    }

    private static MetricsQuery Query(string brand, TimeSpan bucket) => new(brand, s_ten, s_ten.AddHours(24), bucket);

    private static MeasuredResponse Response(DateTimeOffset at, params (string Brand, int Mentions, int First)[] brands) => new(
        Tenant,
        new ResponseVisibility(
            UuidV7.FromName(at.ToUnixTimeMilliseconds(), Guid.NewGuid().ToByteArray()), at, null, brands.Sum(brand => brand.Mentions),
            [.. brands.Select(brand => Visibility(brand.Brand, brand.Mentions, brand.First))]));

    private static BrandVisibility Visibility(string brand, int mentions, int first) => new(brand, mentions, first, first / 2, 0);
}
