using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public class SourceQueueTests
{
    [Fact]
    public void Bytes_OfWhatIsHeld_AreThoseOfWholeEntries()
    {
        var source = new StreamSource("s", "s", "g", EventOrdering.None);
        var entry = new StreamEntry("1-0", [new("data", "12"), new("attributes", new byte[1000]), new("of-no-meaning", new byte[30_000])]);
        var delivery = new Delivery(source, entry, new StreamEvent { Type = "t", Data = "12"u8.ToArray() }, attempt: 1);

        source.Queue.Add(delivery);
        Assert.Equal(31_002, source.Queue.Bytes);

        source.Queue.Remove(delivery);
        Assert.Equal(0, source.Queue.Bytes);
    }
}
