using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Options;
using RankMyBrand.EventProcessor.Administration.Commands;
using RankMyBrand.Gateway.Identity;
using RankMyBrand.Registry.Dependencies;
using RankMyBrand.ServiceDefaults.Startup;
using RankMyBrand.Tests.Gateway;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.ServiceDefaults;

/// <summary>What a service says that somebody starts by hand, and that cannot start.</summary>
public sealed class StartupTests
{
    private static readonly Assembly s_gateway = typeof(CallerIdentity).Assembly;
    private static readonly Assembly s_registry = typeof(HttpDependencyCheck).Assembly;
    private static readonly Assembly s_eventProcessor = typeof(AdministrationCli).Assembly;

    [Theory]
    [InlineData(
        "ServiceDefaults__Health__Timeout", "soon",
        "error: 'ServiceDefaults:Health:Timeout' is 'soon'; it must be a time such as 00:00:30 (TimeSpan).")]
    [InlineData(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "collector",
        "error: Configuration 'OTEL_EXPORTER_OTLP_ENDPOINT' is 'collector', but must be an absolute http or https URI such as http://localhost:4317.")]
    public async Task Start_BadSettingOfAnyService_EndsWithASentenceAndNoStack(string name, string value, string sentence)
    {
        foreach (var program in (Assembly[])[s_gateway, s_registry, s_eventProcessor])
        {
            var run = await RunAsync(program, [(name, value)]);

            Assert.Equal(1, run.ExitCode);
            Assert.Equal([sentence], run.Errors);
            Assert.Empty(run.Output);
        }
    }

    [Fact]
    public async Task Start_SeveralBadSettings_NamesEach()
    {
        var run = await RunAsync(s_eventProcessor, [("ServiceDefaults__Telemetry__TracesPerSecond", "0"), ("Brands__Trackt__0", "Acme")]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(2, run.Errors.Length);
        Assert.StartsWith(
            "error: Configuration 'ServiceDefaults:Telemetry:TracesPerSecond' is not valid (now '0'): ", run.Errors[0], StringComparison.Ordinal);
        Assert.StartsWith("error: Brands:Trackt is not a setting; those are ", run.Errors[1], StringComparison.Ordinal);
        Assert.DoesNotContain(run.Output, IsOfAStack);
    }

    [Fact]
    public async Task Start_NoConnectionString_NamesIt()
    {
        var run = await RunAsync(s_eventProcessor, [("ConnectionStrings__redis", "")]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'ConnectionStrings:redis'", Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Start_PortTaken_EndsWithASentenceThatNamesIt()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}";

        var run = await RunAsync(s_gateway, [("ASPNETCORE_URLS", address)]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"error: Failed to bind to address {address}", Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain(run.Output, IsOfAStack);
    }

    [Fact]
    public void Sentences_OfWhatNobodyExpects_AreNone()
    {
        Assert.Empty(StartupFaults.SentencesOf(new InvalidOperationException("Thrown by nobody.")));
        Assert.Empty(StartupFaults.SentencesOf(Assert.ThrowsAny<InvalidOperationException>(() => Array.Empty<int>().Single())));
        Assert.Empty(StartupFaults.SentencesOf(new AggregateException(
            new OptionsValidationException("a", typeof(string), ["It is bad."]), new IOException("The disk is gone."))));
    }

    private static bool IsOfAStack(string line) => line.TrimStart().StartsWith("at ", StringComparison.Ordinal);

    private static Task<ProgramRun> RunAsync(Assembly program, IEnumerable<(string Name, string Value)> variables) => ProgramRun.OfAsync(
        program,
        [
            ("ASPNETCORE_URLS", "http://127.0.0.1:0"),
            ("ASPNETCORE_CONTENTROOT", Path.Combine(AppContext.BaseDirectory, "gateway")),
            ("DOTNET_ENVIRONMENT", "Production"),
            ("ConnectionStrings__redis", "127.0.0.1:1,abortConnect=false"),
            ("ConnectionStrings__rankmybrand", "Host=127.0.0.1;Port=1;Username=nobody;Password=none"),
            ("ConnectionStrings__chroma", "Endpoint=http://127.0.0.1:1"),
            ("ConnectionStrings__minio", "Endpoint=http://127.0.0.1:1"),
            ("Security__ApiKeys__full__Key", GatewayHost.Key),
            ("Security__ApiKeys__full__Scopes__0", "*"),
            .. variables,
        ]);
}
