using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace RankMyBrand.Tests.ServiceDefaults;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Stop_WhileDraining_IsUnreadyButServes()
    {
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/work", () => "done"), settings: ("ServiceDefaults:Shutdown:DrainDelay", "00:00:03"));
        Assert.Equal(HttpStatusCode.OK, (await service.GetJsonAsync("/health/ready")).Response.StatusCode);

        var stopping = service.App.StopAsync(TestContext.Current.CancellationToken);

        var (ready, json) = await service.GetJsonAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("The service is stopping.", json.GetProperty("checks").GetProperty("shutdown").GetProperty("description").GetString());
        Assert.Equal(HttpStatusCode.OK, (await service.GetJsonAsync("/health/live")).Response.StatusCode);
        Assert.Equal("done", await service.Client.GetStringAsync(new Uri("/work", UriKind.Relative), TestContext.Current.CancellationToken));
        await stopping;
    }

    [Fact]
    public async Task Stop_RequestInFlight_FinishesFirst()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/work", () =>
            {
                entered.SetResult();
                return release.Task;
            }),
            settings: ("ServiceDefaults:Shutdown:DrainDelay", "00:00:00"));
        var working = service.Client.GetStringAsync(new Uri("/work", UriKind.Relative), TestContext.Current.CancellationToken);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        var stopping = service.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(stopping.IsCompleted);
        release.SetResult("finished");

        Assert.Equal("finished", await working);
        await stopping;
    }

    [Fact]
    public async Task Stop_RequestNeverEnds_StillStopsInTime()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await ServiceUnderTest.StartAsync(
            app => app.MapGet("/work", async () =>
            {
                entered.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken);
            }),
            settings: [("ServiceDefaults:Shutdown:DrainDelay", "00:00:00"), ("ServiceDefaults:Shutdown:Timeout", "00:00:01")]);
        var working = service.Client.GetStringAsync(new Uri("/work", UriKind.Relative), TestContext.Current.CancellationToken);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        var watch = Stopwatch.StartNew();
        await service.App.StopAsync(TestContext.Current.CancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"stopping took {watch.Elapsed}");
        await Assert.ThrowsAnyAsync<Exception>(() => working);
    }

    [Fact]
    public async Task Run_ABackgroundServiceFails_EndsWithItsException()
    {
        await using var app = ServiceUnderTest.Build(
            configure: builder => builder.Services.AddHostedService<Failing>(), settings: ("ServiceDefaults:Shutdown:DrainDelay", "00:00:00"));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => app.RunAsync(TestContext.Current.CancellationToken));

        Assert.Equal("It cannot go on.", error.Message);
    }

    [Fact]
    public async Task Stop_ABackgroundServiceFailsAtThat_EndsWell()
    {
        await using var service = await ServiceUnderTest.StartAsync(
            configure: builder => builder.Services.AddHostedService<FailingWhenStopped>(),
            settings: ("ServiceDefaults:Shutdown:DrainDelay", "00:00:00"));

        await service.App.StopAsync(TestContext.Current.CancellationToken);

        var failing = Assert.Single(service.App.Services.GetServices<IHostedService>().OfType<FailingWhenStopped>());
        Assert.True(failing.ExecuteTask!.IsFaulted);
    }

    [Theory]
    [InlineData("Production", 1)]
    [InlineData("Development", 0)]
    public async Task DrainDelay_NotConfigured_DependsOnTheEnvironment(string environment, int seconds)
    {
        await using var app = ServiceUnderTest.Build(environment: environment);

        var options = app.Services.GetRequiredService<IOptions<RankMyBrand.ServiceDefaults.Shutdown.ShutdownOptions>>().Value;

        Assert.Equal(TimeSpan.FromSeconds(seconds), options.DrainDelay);
        Assert.Equal(TimeSpan.FromSeconds(8), app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
    }

    [Theory]
    [InlineData("ServiceDefaults:Shutdown:DrainDelay", "00:01:00", "between 00:00:00 and 00:00:05")]
    [InlineData("ServiceDefaults:Shutdown:DrainDelay", "soon", "it must be a time such as 00:00:30")]
    [InlineData("ServiceDefaults:Shutdown:Timeout", "00:10:00", "between 00:00:01 and 00:01:00")]
    [InlineData("ServiceDefaults:Health:Timeout", "00:00:00", "between 00:00:00.1000000 and 00:01:00")]
    [InlineData("ServiceDefaults:Health:KeepFor", "-1", "between")]
    public async Task Start_BadSetting_NamesTheKeyAndWhatWasExpected(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => ServiceUnderTest.StartAsync(settings: (key, value)));

        Assert.Contains(key, error.ToString(), StringComparison.Ordinal);
        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DrainLongerThanTheTimeout_IsRefused()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => ServiceUnderTest.StartAsync(
            settings: [("ServiceDefaults:Shutdown:DrainDelay", "00:00:04"), ("ServiceDefaults:Shutdown:Timeout", "00:00:02")]));

        Assert.Contains("'ServiceDefaults:Shutdown:DrainDelay' must be shorter", error.Message, StringComparison.Ordinal);
    }

    private sealed class Failing(IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, lifetime.ApplicationStarted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new InvalidOperationException("It cannot go on.");
        }
    }

    private sealed class FailingWhenStopped : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new InvalidOperationException("It was disturbed.");
        }
    }
}
