using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>Alone, because one of them sets the clock of all identifiers wrong for a moment.</summary>
[Collection(LoadsAlone.Name)]
public class UuidV7Tests
{
    [Fact]
    public void Next_IsAUuidOfVersion7WithThePresentTime()
    {
        var before = DateTimeOffset.UtcNow.AddMilliseconds(-1);

        var id = UuidV7.Next();

        Assert.Equal(7, id.Version);
        Assert.Equal(0x8, id.Variant & 0xC);
        Assert.InRange(UuidV7.TimeOf(id), before, DateTimeOffset.UtcNow.AddSeconds(1));
    }

    [Fact]
    public void Next_CalledByManyThreads_RisesForEachAndNeverRepeats()
    {
        var ids = new Guid[8][];

        Parallel.For(0, ids.Length, thread => ids[thread] = [.. Enumerable.Range(0, 20_000).Select(_ => UuidV7.Next())]);

        Assert.All(ids, sequence => Assert.Equal(sequence.Order(), sequence));
        Assert.Equal(160_000, ids.SelectMany(sequence => sequence).Distinct().Count());
    }

    [Fact]
    public void Next_WhenTheClockGoesBack_StillRises()
    {
        var now = DateTimeOffset.UtcNow;

        var first = UuidV7.Next(now);
        var second = UuidV7.Next(now.AddSeconds(-30));

        Assert.True(second.CompareTo(first) > 0);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public void Next_WhenAWrongClockIsCorrected_TellsThePresentTimeAgain(int days)
    {
        var now = DateTimeOffset.UtcNow;

        var wrong = UuidV7.Next(now.AddDays(days));
        var corrected = UuidV7.Next(now);

        Assert.Equal(days, (UuidV7.TimeOf(wrong) - now).TotalDays, 0.001);
        Assert.Equal(0, (UuidV7.TimeOf(corrected) - now).TotalDays, 0.001);
    }

    [Fact]
    public void FromName_IsTheSameForTheSameNameAndKeepsTheTime()
    {
        var id = UuidV7.FromName(1_763_683_200_123, "a name"u8);

        Assert.Equal(id, UuidV7.FromName(1_763_683_200_123, "a name"u8));
        Assert.NotEqual(id, UuidV7.FromName(1_763_683_200_123, "another"u8));
        Assert.Equal(1_763_683_200_123, UuidV7.TimeOf(id).ToUnixTimeMilliseconds());
    }

    [Fact]
    public void TimeOf_AnotherKindOfGuid_SaysSo()
    {
        var id = new Guid("7f9c24e8-3b12-4d5f-a1b2-c3d4e5f60718");

        var error = Assert.Throws<ArgumentException>(() => UuidV7.TimeOf(id));

        Assert.Contains("'7f9c24e8-3b12-4d5f-a1b2-c3d4e5f60718' is not a UUIDv7", error.Message, StringComparison.Ordinal);
    }
}
