using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace RankMyBrand.Tests.ServiceDefaults;

public sealed class WorkerTests
{
    [Fact]
    public async Task Host_WithoutAServer_StartsAndStops()
    {
        var builder = Host.CreateApplicationBuilder(
            new HostApplicationBuilderSettings { EnvironmentName = "Development", ApplicationName = "worker" });
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        using var host = builder.Build();

        await host.StartAsync(TestContext.Current.CancellationToken);

        Assert.NotNull(host.Services.GetService<TracerProvider>());
        Assert.NotNull(host.Services.GetService<MeterProvider>());
        Assert.NotNull(host.Services.GetService<IHttpClientFactory>());
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Settings_SetByCodeBefore_AreKept()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["ConnectionStrings:redis"] = "localhost:6379";
        builder.Configuration["Logging:LogLevel:Default"] = "Error";

        builder.AddServiceDefaults();

        Assert.Equal("localhost:6379", builder.Configuration["ConnectionStrings:redis"]);
        Assert.Equal("Error", builder.Configuration["Logging:LogLevel:Default"]);
        Assert.Equal("Warning", builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore"]);
    }

    [Theory]
    [InlineData("Microsoft.AspNetCore.Hosting", LogLevel.Information, false)]
    [InlineData("Microsoft.AspNetCore.Hosting", LogLevel.Warning, true)]
    [InlineData("RankMyBrand.Anything", LogLevel.Information, true)]
    public async Task Logs_NotConfigured_LeaveOutTheLinesPerRequest(string category, LogLevel level, bool expected)
    {
        await using var app = ServiceUnderTest.Build();

        Assert.Equal(expected, IsEnabled(app.Services, category, level));
    }

    [Fact]
    public async Task Logs_Configured_AreAsConfigured()
    {
        await using var app = ServiceUnderTest.Build(settings: ("Logging:LogLevel:Microsoft.AspNetCore", "Trace"));

        Assert.True(Filter(app.Services, "Microsoft.AspNetCore.Hosting") <= LogLevel.Trace);
    }

    private static bool IsEnabled(IServiceProvider services, string category, LogLevel level) => Filter(services, category) <= level;

    private static LogLevel? Filter(IServiceProvider services, string category) => services
        .GetRequiredService<Microsoft.Extensions.Options.IOptions<LoggerFilterOptions>>().Value.Rules
        .Where(rule => rule.ProviderName is null
            && (rule.CategoryName is null || category.StartsWith(rule.CategoryName, StringComparison.Ordinal)))
        .OrderBy(rule => rule.CategoryName?.Length ?? 0)
        .LastOrDefault()?.LogLevel;
}
