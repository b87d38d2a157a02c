using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace RankMyBrand.Tests.Substitutes.HttpResilience;

public sealed class StandardResilienceTests
{
    [Fact]
    public void Options_NotConfigured_HaveTheDocumentedDefaults()
    {
        var options = new HttpStandardResilienceOptions();

        Assert.Equal(
            ["Standard-RateLimiter", "Standard-TotalRequestTimeout", "Standard-Retry", "Standard-CircuitBreaker", "Standard-AttemptTimeout"],
            new List<string?> { options.RateLimiter.Name, options.TotalRequestTimeout.Name, options.Retry.Name, options.CircuitBreaker.Name, options.AttemptTimeout.Name });
        Assert.Equal((1000, 0), (options.RateLimiter.DefaultRateLimiterOptions.PermitLimit, options.RateLimiter.DefaultRateLimiterOptions.QueueLimit));
        Assert.Equal(TimeSpan.FromSeconds(30), options.TotalRequestTimeout.Timeout);
        Assert.Equal((3, DelayBackoffType.Exponential, true, true), (options.Retry.MaxRetryAttempts, options.Retry.BackoffType, options.Retry.UseJitter, options.Retry.ShouldRetryAfterHeader));
        Assert.Equal((TimeSpan.FromSeconds(2), (TimeSpan?)null), (options.Retry.Delay, options.Retry.MaxDelay));
        Assert.Equal((0.1, 100), (options.CircuitBreaker.FailureRatio, options.CircuitBreaker.MinimumThroughput));
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5)), (options.CircuitBreaker.SamplingDuration, options.CircuitBreaker.BreakDuration));
        Assert.Equal(TimeSpan.FromSeconds(10), options.AttemptTimeout.Timeout);
    }

    [Theory]
    [InlineData("AttemptTimeout:Timeout", "00:00:20", "Sampling Duration: 30s,Attempt Timeout: 20s")]
    [InlineData("TotalRequestTimeout:Timeout", "00:00:05", "Total Request Timeout: 5s, Attempt Timeout: 10s")]
    [InlineData("Retry:MaxRetryAttempts", "0", "Retry: ")]
    [InlineData("CircuitBreaker:FailureRatio", "2", "CircuitBreaker: ")]
    [InlineData("AttemptTimeout:Timeout", "-00:00:01", "AttemptTimeout: ")]
    public void Options_OutOfBounds_FailWithTheReason(string key, string value, string expected)
    {
        using var services = Services(new Scripted(), (key, value));

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_UnknownKey_IsAnError()
    {
        using var services = Services(new Scripted(), ("Retry:MaxRetries", "2"));

        var error = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("MaxRetries", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_EmptySection_IsAnError()
    {
        var empty = new ConfigurationBuilder().Build().GetSection("Nothing");

        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddHttpClient("x").AddStandardResilienceHandler(empty));
    }

    [Theory]
    [InlineData(200, 1)]
    [InlineData(400, 1)]
    [InlineData(404, 1)]
    [InlineData(408, 4)]
    [InlineData(429, 4)]
    [InlineData(500, 4)]
    [InlineData(503, 4)]
    public async Task Retry_ByStatus_TriesThreeTimesMoreWhenTransient(int status, int calls)
    {
        var server = new Scripted((_, _) => Task.FromResult(new HttpResponseMessage((HttpStatusCode)status)));
        using var services = Services(server, ("Retry:Delay", "00:00:00"));

        using var response = await GetAsync(services);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(calls, server.Calls);
    }

    [Fact]
    public async Task Retry_RetryAfterGiven_ComesBeforeTheDelay()
    {
        var server = new Scripted((call, _) =>
        {
            var response = new HttpResponseMessage(call == 1 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK);
            response.Headers.TryAddWithoutValidation("Retry-After", DateTimeOffset.UtcNow.AddHours(-1).ToString("R"));
            return Task.FromResult(response);
        });
        using var services = Services(server, ("Retry:Delay", "01:00:00"), ("TotalRequestTimeout:Timeout", "10:00:00"));

        using var response = await GetAsync(services).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task AttemptTimeout_ServerHangs_EndsTheAttemptAndTriesAgain()
    {
        var server = new Scripted(async (call, ct) =>
        {
            await Task.Delay(call == 1 ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, ct);
            return new HttpResponseMessage();
        });
        using var services = Services(server, ("AttemptTimeout:Timeout", "00:00:00.2"), ("Retry:Delay", "00:00:00"));

        using var response = await GetAsync(services);

        Assert.Equal((HttpStatusCode.OK, 2), (response.StatusCode, server.Calls));
    }

    [Fact]
    public async Task TotalTimeout_ServerAlwaysHangs_EndsTheRequest()
    {
        var server = new Scripted(async (_, ct) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return new HttpResponseMessage();
        });
        using var services = Services(server, ("AttemptTimeout:Timeout", "00:00:00.3"), ("TotalRequestTimeout:Timeout", "00:00:00.4"), ("Retry:Delay", "00:01:00"));

        await Assert.ThrowsAsync<TimeoutRejectedException>(() => GetAsync(services));
    }

    [Fact]
    public async Task CircuitBreaker_ServerKeepsFailing_StopsCallingIt()
    {
        var server = new Scripted((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.InternalServerError)));
        using var services = Services(
            server, ("CircuitBreaker:MinimumThroughput", "2"), ("CircuitBreaker:BreakDuration", "00:10:00"), ("Retry:Delay", "00:00:00"));

        await Assert.ThrowsAsync<BrokenCircuitException>(() => GetAsync(services));

        Assert.Equal(2, server.Calls);
    }

    [Fact]
    public async Task CircuitBreaker_PipelinePerAuthority_BreaksOnlyTheBrokenOne()
    {
        var server = new Scripted((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.InternalServerError)));
        using var services = Services(
            server,
            builder => builder.SelectPipelineByAuthority(),
            ("CircuitBreaker:MinimumThroughput", "2"), ("CircuitBreaker:BreakDuration", "00:10:00"), ("Retry:MaxRetryAttempts", "1"), ("Retry:Delay", "00:00:00"));
        using var failed = await GetAsync(services, "http://one/");
        await Assert.ThrowsAsync<BrokenCircuitException>(() => GetAsync(services, "http://one/"));

        using var other = await GetAsync(services, "http://two/");

        Assert.Equal(HttpStatusCode.InternalServerError, other.StatusCode);
    }

    [Fact]
    public async Task RateLimiter_Full_RejectsAtOnce()
    {
        var release = new TaskCompletionSource<HttpResponseMessage>();
        var server = new Scripted((_, _) => release.Task);
        using var services = Services(server, ("RateLimiter:DefaultRateLimiterOptions:PermitLimit", "1"));
        var first = GetAsync(services);

        var error = await Assert.ThrowsAsync<Polly.RateLimiting.RateLimiterRejectedException>(() => GetAsync(services));
        release.SetResult(new HttpResponseMessage());

        Assert.IsAssignableFrom<ExecutionRejectedException>(error);
        using var response = await first;
        Assert.Equal(1, server.Calls);
    }

    [Fact]
    public async Task Reload_OptionsChange_NextRequestUsesThem()
    {
        var server = new Scripted((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.InternalServerError)));
        var configuration = Configuration(("Retry:Delay", "00:00:00"), ("Retry:MaxRetryAttempts", "1"));
        using var services = Services(server, configuration, _ => { });
        using var before = await GetAsync(services);
        Assert.Equal(2, server.Calls);

        configuration["client:Retry:MaxRetryAttempts"] = "4";
        configuration.Reload();

        using var after = await GetAsync(services);
        Assert.Equal(2 + 5, server.Calls);
    }

    [Fact]
    public void Client_WithThePipeline_HasNoTimeoutOfItsOwn()
    {
        using var services = Services(new Scripted());

        using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient("client");

        Assert.Equal(Timeout.InfiniteTimeSpan, client.Timeout);
    }

    [Fact]
    public async Task Defaults_ForEveryClient_AreNamedStandard()
    {
        var server = new Scripted((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.InternalServerError)));
        var services = new ServiceCollection();
        services.ConfigureHttpClientDefaults(http => Assert.Equal("-standard", http.AddStandardResilienceHandler().PipelineName));
        services.Configure<HttpStandardResilienceOptions>("-standard", options => (options.Retry.Delay, options.Retry.MaxRetryAttempts) = (TimeSpan.Zero, 2));
        services.AddHttpClient("client").ConfigurePrimaryHttpMessageHandler(() => server);
        using var provider = services.BuildServiceProvider();

        using var response = await GetAsync(provider);

        Assert.Equal(3, server.Calls);
    }

    [Fact]
    public async Task OwnPipeline_ReplacingTheStandardOne_IsTheOnlyOne()
    {
        var server = new Scripted((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.InternalServerError)));
        var services = new ServiceCollection();
        services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler());
        // The member is experimental in the real package too.
#pragma warning disable EXTEXP0001
        services.AddHttpClient("client").RemoveAllResilienceHandlers()
#pragma warning restore EXTEXP0001
            .ConfigurePrimaryHttpMessageHandler(() => server)
            .AddResilienceHandler("own", pipeline => pipeline.AddRetry(new HttpRetryStrategyOptions { MaxRetryAttempts = 1, Delay = TimeSpan.Zero }));
        using var provider = services.BuildServiceProvider();

        using var response = await GetAsync(provider);

        Assert.Equal(2, server.Calls);
    }

    private static Task<HttpResponseMessage> GetAsync(IServiceProvider services, string uri = "http://server/") =>
        services.GetRequiredService<IHttpClientFactory>().CreateClient("client").GetAsync(new Uri(uri), TestContext.Current.CancellationToken);

    private static ServiceProvider Services(Scripted server, params (string Key, string Value)[] settings) => Services(server, _ => { }, settings);

    private static ServiceProvider Services(
        Scripted server, Action<IHttpStandardResiliencePipelineBuilder> configure, params (string Key, string Value)[] settings) =>
        Services(server, Configuration(settings), configure);

    private static ServiceProvider Services(Scripted server, IConfigurationRoot configuration, Action<IHttpStandardResiliencePipelineBuilder> configure)
    {
        var services = new ServiceCollection();
        var client = services.AddHttpClient("client").ConfigurePrimaryHttpMessageHandler(() => server);
        var section = configuration.GetSection("client");
        configure(section.Exists() ? client.AddStandardResilienceHandler(section) : client.AddStandardResilienceHandler());
        return services.BuildServiceProvider();
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"client:{setting.Key}", (string?)setting.Value)))
        .Build();

    private sealed class Scripted(Func<int, CancellationToken, Task<HttpResponseMessage>>? answer = null) : HttpMessageHandler
    {
        private int _calls;

        public int Calls => _calls;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var call = Interlocked.Increment(ref _calls);
            return answer?.Invoke(call, cancellationToken) ?? Task.FromResult(new HttpResponseMessage());
        }
    }
}
