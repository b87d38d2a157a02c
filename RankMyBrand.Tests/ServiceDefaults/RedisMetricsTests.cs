using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.ServiceDefaults;

[Collection(MeasuredAlone.Name)]
public sealed class RedisMetricsTests
{
    [Fact]
    public async Task Metrics_OfEveryClient_AreExported()
    {
        await using var redis = await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/ping", (IConnectionMultiplexer multiplexer) => multiplexer.GetDatabase().PingAsync()),
            builder =>
            {
                builder.AddRedisClient("redis");
                builder.AddKeyedRedisClient("cache");
            },
            settings: [("ConnectionStrings:redis", redis.EndPoint), ("ConnectionStrings:cache", redis.EndPoint)]);
        await service.Client.GetAsync(new Uri("/ping", UriKind.Relative), TestContext.Current.CancellationToken);

        // A client is measured once it exists; the one that no request has used is created in the background.
        var waited = Stopwatch.StartNew();
        var metrics = await MetricsTests.ScrapeAsync(service);
        while (Value("db_client_connection_count", "redis") + Value("db_client_connection_count", "cache") < 2)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), "the clients are not measured");
            await Task.Delay(50, TestContext.Current.CancellationToken);
            metrics = await MetricsTests.ScrapeAsync(service);
        }

        Assert.True(Value("db_client_operation_count_total", "redis") > 0);
        Assert.True(Value("db_client_connection_opened_total", "cache") > 0);
        Assert.Equal(0, Value("db_client_connection_pending_requests", "redis"));

        double Value(string name, string pool) => metrics.Samples
            .Where(sample => sample.Name == name && sample.Labels["db_client_connection_pool_name"] == pool)
            .Sum(sample => sample.Value);
    }
}
