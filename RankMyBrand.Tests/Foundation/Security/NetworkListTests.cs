using System.Net;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Foundation.Security;

public sealed class NetworkListTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", "11.0.0.1")]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", "192.0.2.8")]
    [InlineData("2001:db8::/32", "2001:DB8::1", "2001:db9::1")]
    [InlineData("64:ff9b::10.0.0.0/104", "64:ff9b::10.1.2.3", "10.1.2.3")]
    public void Contains_AnAddress_IsInTheRangeOrNot(string range, string inside, string outside)
    {
        var networks = new NetworkList([range]);

        Assert.True(networks.Contains(IPAddress.Parse(inside)));
        Assert.False(networks.Contains(IPAddress.Parse(outside)));
    }

    /// <summary>Each would be taken for a range and then match nothing, or something else than it says.</summary>
    [Theory]
    [InlineData("::ffff:10.0.0.0/104")]
    [InlineData("::ffff:10.1.2.3")]
    [InlineData("::ffff:0:0/96")]
    [InlineData("[::1]:80")]
    [InlineData("[::1]")]
    [InlineData("fe80::%3/64")]
    [InlineData("fe80::1%eth0")]
    [InlineData("::1 ")]
    [InlineData("10.0.0.1/8")]
    [InlineData("010.0.0.1")]
    [InlineData("10")]
    [InlineData("")]
    public void TryParse_WhatIsNoRange_Fails(string text) => Assert.False(NetworkList.TryParse(text, out _));
}
