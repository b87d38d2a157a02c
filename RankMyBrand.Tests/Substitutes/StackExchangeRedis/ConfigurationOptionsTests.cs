using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class ConfigurationOptionsTests
{
    [Fact]
    public void Defaults_AreThoseOfTheDocumentation()
    {
        var options = new ConfigurationOptions();

        Assert.True(options.AbortOnConnectFail);
        Assert.Equal(5000, options.ConnectTimeout);
        Assert.Equal(3, options.ConnectRetry);
        Assert.Equal(5000, options.SyncTimeout);
        Assert.Equal(5000, options.AsyncTimeout);
        Assert.Equal(60, options.KeepAlive);
        Assert.Equal(60, options.ConfigCheckSeconds);
        Assert.Null(options.DefaultDatabase);
        Assert.Null(options.Protocol);
        Assert.False(options.Ssl);
        Assert.True(options.CheckCertificateRevocation);
        Assert.False(options.AllowAdmin);
        Assert.True(options.SetClientLibrary);
        Assert.Equal(new Version(6, 0), options.DefaultVersion);
        Assert.Equal(TimeSpan.FromSeconds(1), options.HeartbeatInterval);
        Assert.True(options.BacklogPolicy.QueueWhileDisconnected);
        Assert.IsType<ExponentialRetry>(options.ReconnectRetryPolicy);
    }

    [Fact]
    public void ConnectTimeout_LongerSyncTimeout_Follows() =>
        Assert.Equal(8000, ConfigurationOptions.Parse("h,syncTimeout=8000").ConnectTimeout);

    [Fact]
    public void Parse_EveryForm_IsUnderstood()
    {
        var options = ConfigurationOptions.Parse(
            "redis, cache:7000,10.0.0.1:6000,[::1]:6001,!/run/redis.sock,PASSWORD=a=b,user=me,ssl=yes,sslHost=name,sslProtocols=Tls12|Tls13," +
            "abortConnect=off,connectRetry=5,asyncTimeout=100,keepAlive=10,defaultDatabase=2,allowAdmin=1,name=app,protocol=resp2,version=7,$CONFIG=,$SELECT=use");

        Assert.Equal(
            [
                new DnsEndPoint("redis", 0),
                new DnsEndPoint("cache", 7000),
                IPEndPoint.Parse("10.0.0.1:6000"),
                IPEndPoint.Parse("[::1]:6001"),
                new UnixDomainSocketEndPoint("/run/redis.sock"),
            ],
            options.EndPoints);
        Assert.Equal("a=b", options.Password);
        Assert.Equal("me", options.User);
        Assert.True(options.Ssl);
        Assert.Equal("name", options.SslHost);
        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, options.SslProtocols);
        Assert.False(options.AbortOnConnectFail);
        Assert.Equal(5, options.ConnectRetry);
        Assert.Equal(100, options.AsyncTimeout);
        Assert.Equal(10, options.KeepAlive);
        Assert.Equal(2, options.DefaultDatabase);
        Assert.True(options.AllowAdmin);
        Assert.Equal("app", options.ClientName);
        Assert.Equal(RedisProtocol.Resp2, options.Protocol);
        Assert.Equal(new Version(7, 0), options.DefaultVersion);
        Assert.Equal("$CONFIG=,$SELECT=use", options.CommandMap.ToString());
    }

    [Fact]
    public void ToString_OfParsed_ParsesToTheSame()
    {
        const string Text = "h:1,password=secret,ssl=True,abortConnect=False,connectRetry=7,protocol=resp3,defaultDatabase=4,$KEYS=";

        var options = ConfigurationOptions.Parse(ConfigurationOptions.Parse(Text).ToString());

        Assert.Equal("secret", options.Password);
        Assert.Equal(7, options.ConnectRetry);
        Assert.Equal(RedisProtocol.Resp3, options.Protocol);
        Assert.Equal(4, options.DefaultDatabase);
        Assert.Equal("$KEYS=", options.CommandMap.ToString());
    }

    [Fact]
    public void ToString_WithoutPassword_MasksIt()
    {
        var text = ConfigurationOptions.Parse("h,password=secret").ToString(includePassword: false);

        Assert.Contains("password=*****", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_UnknownKey_NamesIt()
    {
        var error = Assert.Throws<ArgumentException>(() => ConfigurationOptions.Parse("h,zz=1"));

        Assert.StartsWith("Keyword 'zz' is not supported.", error.Message, StringComparison.Ordinal);
        Assert.Single(ConfigurationOptions.Parse("h,zz=1", ignoreUnknown: true).EndPoints);
    }

    [Theory]
    [InlineData("connectRetry=x")]
    [InlineData("syncTimeout=0")]
    [InlineData("ssl=maybe")]
    [InlineData("protocol=4")]
    [InlineData("version=x")]
    public void Parse_BadValue_NamesKeyAndValue(string option)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => ConfigurationOptions.Parse("h," + option));

        Assert.Contains(option.Split('=')[0], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Empty_IsRefused() => Assert.Throws<ArgumentException>(() => ConfigurationOptions.Parse(""));

    [Fact]
    public void Clone_Changed_LeavesTheOriginal()
    {
        var options = ConfigurationOptions.Parse("h:1");

        var clone = options.Clone();
        clone.EndPoints.Add("other", 2);
        clone.Password = "x";

        Assert.Single(options.EndPoints);
        Assert.Null(options.Password);
    }

    [Theory, InlineData("h", 6379), InlineData("h,ssl=true", 6380), InlineData("h:5", 5)]
    public void SetDefaultPorts_PortMissing_IsFilledIn(string text, int port)
    {
        var options = ConfigurationOptions.Parse(text);

        options.SetDefaultPorts();

        Assert.Equal(port, Assert.IsType<DnsEndPoint>(options.EndPoints[0]).Port);
    }

    [Fact]
    public void EndPoints_AddedTwice_AreRefused() =>
        Assert.Throws<ArgumentException>(() => new EndPointCollection { { "h", 1 }, { "h", 1 } });

    [Theory, InlineData(0, false), InlineData(499, false), InlineData(10_000, true)]
    public void ExponentialRetry_TimeElapsed_Decides(int elapsed, bool expected) =>
        Assert.Equal(expected, new ExponentialRetry(500, 5000).ShouldRetry(30, elapsed));

    [Theory, InlineData(99, false), InlineData(100, true)]
    public void LinearRetry_TimeElapsed_Decides(int elapsed, bool expected) =>
        Assert.Equal(expected, new LinearRetry(100).ShouldRetry(5, elapsed));

    [Fact]
    public void Expiration_AsText_IsAsItIsSent()
    {
        Assert.Equal("EX 90", new Expiration(TimeSpan.FromSeconds(90)).ToString());
        Assert.Equal("PX 1500", ((Expiration)TimeSpan.FromMilliseconds(1500)).ToString());
        Assert.Equal("EXAT 1767225600", new Expiration(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)).ToString());
        Assert.Equal("KEEPTTL", Expiration.KeepTtl.ToString());
    }
}
