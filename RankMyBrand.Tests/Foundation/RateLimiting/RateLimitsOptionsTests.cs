using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.RateLimiting;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

public sealed class RateLimitsOptionsTests
{
    [Theory]
    [InlineData("Policies:api:Permits", "0", "RateLimits:Policies:api:Permits is '0'; it must be from 1 to 1000000000.")]
    [InlineData("Policies:api:Cost", "101", "RateLimits:Policies:api:Cost is '101'; it must be from 1 to 100, what the limit holds.")]
    [InlineData("Policies:api:Burst", "0", "RateLimits:Policies:api:Burst is '0'; it must be from 1 to 1000000000.")]
    [InlineData(
        "Policies:api:Window", "00:00:00.001", "RateLimits:Policies:api:Window is '00:00:00.0010000'; it must be from 00:00:00.0100000 to 31.00:00:00.")]
    [InlineData(
        "Policies:api:Window", "00:00:00.0500001",
        "RateLimits:Policies:api:Window is '00:00:00.0500001'; it must be a whole number of milliseconds.")]
    [InlineData(
        "Policies:api:Algorithm", "7",
        "'RateLimits:Policies:api:Algorithm' is '7'; it must be one of TokenBucket, SlidingWindow, Concurrency (RateLimitAlgorithm).")]
    [InlineData("Policies:api:Mode", "9", "'RateLimits:Policies:api:Mode' is '9'; it must be one of Atomic, Leased (RateLimitMode).")]
    [InlineData("Policies:api:Failure", "9", "'RateLimits:Policies:api:Failure' is '9'; it must be one of Open, Closed (RateLimitFailure).")]
    [InlineData(
        "Policies:api:PartitionBy:0", "9",
        "'RateLimits:Policies:api:PartitionBy:0' is '9'; it must be one of ApiKey, Tenant, User, Caller, Ip, Route (RateLimitPartition).")]
    [InlineData("Policies:api:Segments", "61", "RateLimits:Policies:api:Segments is '61'; it must be from 1 to 60.")]
    [InlineData("Policies:api:BlockSize", "0", "RateLimits:Policies:api:BlockSize is '0'; it must be from 1 to 1000000.")]
    [InlineData(
        "Policies:api:LeaseDuration", "00:00:00.5",
        "RateLimits:Policies:api:LeaseDuration is '00:00:00.5000000'; it must be from 00:00:01 to 01:00:00.")]
    [InlineData(
        "Policies:api:Overrides:acme:Permits", "-1", "RateLimits:Policies:api:Overrides:acme:Permits is '-1'; it must be from 1 to 1000000000.")]
    [InlineData(
        "Policies:api:Overrides:acme:Cost", "101",
        "RateLimits:Policies:api:Overrides:acme:Cost is '101'; it must be from 1 to 100, what the limit holds.")]
    [InlineData(
        "Policies:a b:Permits", "1",
        "RateLimits:Policies:a b is 'a b'; it must have a name of 1 to 64 letters, digits, '.', '_' and '-'.")]
    [InlineData(
        "KeyPrefix", "rl:", "RateLimits:KeyPrefix is 'rl:'; it must contain a hash tag, some text in braces, such as 'rl:{rl}:'.")]
    [InlineData("Instances", "0", "RateLimits:Instances is '0'; it must be from 1 to 10000.")]
    [InlineData("RedisTimeout", "00:01:00", "RateLimits:RedisTimeout is '00:01:00'; it must be from 00:00:00.0100000 to 00:00:30.")]
    [InlineData("ProbeInterval", "00:00:00", "RateLimits:ProbeInterval is '00:00:00'; it must be from 00:00:00.0500000 to 00:01:00.")]
    [InlineData("Hold", "00:00:00", "RateLimits:Hold is '00:00:00'; it must be from 00:00:00.0100000 to 00:01:00.")]
    [InlineData("MaxLocalKeys", "0", "RateLimits:MaxLocalKeys is '0'; it must be from 1 to 10000000.")]
    public void Validate_OneBadSetting_NamesTheSettingTheValueAndWhatWasExpected(string key, string value, string expected) =>
        Assert.Equal([expected], Failures((key, value)));

    [Theory]
    [InlineData("Algorithm", "SlidingWindow", "Burst", "5", "Burst is '5'; it must be left out: only a TokenBucket has one.")]
    [InlineData(
        "Algorithm", "Concurrency", "Mode", "Leased",
        "Mode is 'Leased'; it must be Atomic for the algorithm Concurrency: a slot that is in use cannot be taken in advance.")]
    [InlineData("Algorithm", "Concurrency", "Permits", "100001", "Permits is '100001'; it must be from 1 to 100000.")]
    [InlineData("Overrides:x:Key", "acme", "Overrides:acme:Cost", "2", "Overrides is 'acme, x'; it must have one override for the key 'acme'.")]
    [InlineData("PartitionBy:0", "Ip", "PartitionBy:1", "Ip", "PartitionBy is 'Ip, Ip'; it must name each part once.")]
    [InlineData(
        "Permits", "1000000000", "Window", "31.00:00:00",
        "Window is '31.00:00:00'; it must be shorter, or the limit of 1000000000 lower: "
        + "their product is counted exactly up to 9007199254740992 ms.")]
    [InlineData(
        "Burst", "11775", "Window", "31.00:00:00",
        "Burst is '11775'; it must be at most 11774, or Permits higher, or Window shorter: "
        + "by 100 in 31.00:00:00 the bucket would take longer than 3650 days to be full again.")]
    public void Validate_SettingsThatDoNotFit_TellsWhy(string key, string value, string other, string otherValue, string expected) =>
        Assert.Equal(
            [$"RateLimits:Policies:api:{expected}"], Failures(($"Policies:api:{key}", value), ($"Policies:api:{other}", otherValue)));

    [Fact]
    public void Validate_SeveralFaults_TellsAll() =>
        Assert.Equal(2, Failures(("Policies:api:Permits", "0"), ("Instances", "0")).Count);

    [Theory]
    [InlineData("Polices:api:Permits", "RateLimits:Polices is not a setting; those are Policies, ")]
    [InlineData("Policies:api:Premits", "RateLimits:Policies:api:Premits is not a setting; those are Algorithm, Permits, ")]
    [InlineData("Policies:api:Overrides:acme:Mode", "RateLimits:Policies:api:Overrides:acme:Mode is not a setting; those are Key, ")]
    public void Bind_MisspeltSetting_IsRefused(string key, string expected) =>
        Assert.StartsWith(expected, Assert.Single(Failures((key, "5"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("Instances", "some", "Int32")]
    [InlineData("Policies:api:Algorithm", "Leaky", "RateLimitAlgorithm")]
    [InlineData("Policies:api:Window", "soon", "TimeSpan")]
    [InlineData("Policies:api:PartitionBy:0", "Moon", "RateLimitPartition")]
    [InlineData("Policies:api:Overrides:acme:Permits", "many", "Int64")]
    public void Bind_ValueOfAnotherType_NamesKeyValueAndType(string key, string value, string type)
    {
        var message = Assert.Single(Failures((key, value)));

        Assert.Contains($"'RateLimits:{key}'", message, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", message, StringComparison.Ordinal);
        Assert.Contains(type, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_EverySetting_IsRead()
    {
        var options = Options(
            ("KeyPrefix", "x{y}"), ("Instances", "3"), ("Hold", "00:00:02"), ("Policies:api:Algorithm", "SlidingWindow"),
            ("Policies:api:Mode", "leased"), ("Policies:api:Failure", "Closed"), ("Policies:api:Segments", "6"),
            ("Policies:api:PartitionBy:0", "Tenant"), ("Policies:api:PartitionBy:1", "Route"),
            ("Policies:api:Overrides:acme:Permits", "7"), ("Policies:api:Overrides:acme:Window", "00:00:05"));

        Assert.Equal(("x{y}", 3, TimeSpan.FromSeconds(2)), (options.KeyPrefix, options.Instances, options.Hold));
        var policy = options.Policies["api"];
        Assert.Equal((RateLimitAlgorithm.SlidingWindow, RateLimitMode.Leased, RateLimitFailure.Closed, 6, 100L),
            (policy.Algorithm, policy.Mode, policy.Failure, policy.Segments, policy.Permits));
        Assert.Equal([RateLimitPartition.Tenant, RateLimitPartition.Route], policy.PartitionBy);
        Assert.Equal((7, TimeSpan.FromSeconds(5)), (policy.Overrides["acme"].Permits, policy.Overrides["acme"].Window));
    }

    [Fact]
    public async Task Start_InvalidConfiguration_DoesNotStart()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false";
        builder.Configuration["RateLimits:Policies:api:Permits"] = "0";
        builder.AddRateLimiting();
        using var host = builder.Build();

        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("RateLimits:Policies:api:Permits is '0'", e.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Failures(params (string Key, string Value)[] settings) =>
        [.. Assert.Throws<OptionsValidationException>(() => Options(settings)).Failures];

    private static RateLimitsOptions Options(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false";
        builder.Configuration["RateLimits:Policies:api:Permits"] = "100";
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create($"RateLimits:{setting.Key}", (string?)setting.Value)));
        builder.AddRateLimiting();
        using var host = builder.Build();
        return host.Services.GetRequiredService<IOptions<RateLimitsOptions>>().Value;
    }
}
