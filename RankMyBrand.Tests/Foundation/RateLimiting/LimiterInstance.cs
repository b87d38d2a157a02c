using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RankMyBrand.Foundation.RateLimiting;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.RateLimiting;

/// <summary>One service with a limiter and a connection of its own, as each replica of the gateway has.</summary>
internal sealed class LimiterInstance(IHost host, IConnectionMultiplexer redis, LogRecorder log) : IAsyncDisposable
{
    public RateLimiter Limiter { get; } = host.Services.GetRequiredService<RateLimiter>();

    public IServiceProvider Services => host.Services;

    public IDatabase Database => redis.GetDatabase();

    public LogRecorder Log => log;

    /// <summary>Starts an instance. Settings are relative to the section RateLimits.</summary>
    public static async Task<LimiterInstance> StartAsync(
        RedisServer redis, TimeProvider? time = null, params (string Key, string Value)[] settings)
    {
        var multiplexer = await ConnectionMultiplexer.ConnectAsync(
            $"{redis.EndPoint},abortConnect=false,allowAdmin=true,connectTimeout=2000,asyncTimeout=20000");
        var log = new LogRecorder();
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create($"RateLimits:{setting.Key}", (string?)setting.Value)));
        builder.Logging.AddProvider(log);
        builder.Services.AddSingleton<IConnectionMultiplexer>(multiplexer);
        if (time is not null)
            builder.Services.AddSingleton(time);
        builder.AddRateLimiting();
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new LimiterInstance(host, multiplexer, log);
    }

    public static Task<LimiterInstance> StartAsync(RedisServer redis, params (string Key, string Value)[] settings) =>
        StartAsync(redis, null, settings);

    public ValueTask<RateLimitResult> CheckAsync(string policy, string key = "a", long cost = 0) =>
        Limiter.CheckAsync(new RateLimitRequest(policy, key, cost), TestContext.Current.CancellationToken);

    public ValueTask<RateLimitResult> CheckAsync(params RateLimitRequest[] requests) =>
        Limiter.CheckAsync(requests, TestContext.Current.CancellationToken);

    public async Task<bool> IsAllowedAsync(string policy, string key = "a", long cost = 0) =>
        (await CheckAsync(policy, key, cost)).IsAllowed;

    /// <summary>Asks until refused.</summary>
    public async Task<int> DrainAsync(string policy, string key = "a")
    {
        var admitted = 0;
        while (await IsAllowedAsync(policy, key))
            admitted++;
        return admitted;
    }

    /// <summary>The server's clock, in milliseconds.</summary>
    public async Task<double> ServerTimeAsync()
    {
        var time = (long[]?)await Database.ExecuteAsync("TIME") ?? [];
        return (time[0] * 1000.0) + (time[1] / 1000.0);
    }

    /// <summary>Ends the connection without a word, as a crash does: nothing is released and nothing renewed.</summary>
    public ValueTask CrashAsync() => redis.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(CancellationToken.None);
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        await redis.DisposeAsync();
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class LogRecorder : ILoggerProvider, ILogger
{
    public ConcurrentQueue<(LogLevel Level, string Text)> Entries { get; } = new();

    public IEnumerable<string> At(LogLevel level) => Entries.Where(entry => entry.Level == level).Select(entry => entry.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
