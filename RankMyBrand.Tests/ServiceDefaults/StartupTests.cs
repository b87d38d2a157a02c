using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Configuration;
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

    [Theory]
    [InlineData("Gateway", "redis", "localhost:1,password=hunter2,ssl=hunter2", "has no valid value of 'ssl'; it must be like ")]
    [InlineData("Gateway", "redis", "localhost:1,password=a,hunter2=b", "is malformed, or has a keyword that does not exist; it must be ")]
    [InlineData("EventProcessor", "redis", "localhost:1,password=a,hunter2=b", "is malformed, or has a keyword that does not exist; ")]
    [InlineData("Registry", "cache", "localhost:1,password=hunter2,connectTimeout=hunter2", "has no valid value of 'connectTimeout'; ")]
    [InlineData("EventProcessor", "rankmybrand", "hunter2", "is malformed, or has a keyword that does not exist; it must be like 'Host=")]
    [InlineData("EventProcessor", "rankmybrand", "Host=a;Password=a;hunter2=b", "is malformed, or has a keyword that does not exist; ")]
    [InlineData("Registry", "rankmybrand", "Host=a;Port=hunter2", "has no valid value of 'port'; it must be like '")]
    [InlineData("Registry", "rankmybrand", "Username=a;Password=hunter2", "has no valid value of 'Host'; it must be like ")]
    [InlineData("Registry", "rankmybrand", "Host=a;Password=hunter2;Minimum Pool Size=200", "has a 'Minimum Pool Size' greater than its 'Maximum")]
    [InlineData("Registry", "rankmybrand", "Host=a;Password=hunter2;Target Session Attributes=primary", "has values that do not go together: ")]
    [InlineData("Registry", "chroma", "hunter2", "is missing or has no Endpoint; it must be like 'Endpoint=http://localhost:8000'.")]
    [InlineData("Registry", "minio", "Endpoint=hunter2", "is missing or has no Endpoint; it must be like 'Endpoint=http://")]
    public async Task Start_MalformedConnectionString_NamesItAndKeepsTheSecret(
        string program, string name, string value, string sentence)
    {
        var run = await RunAsync(ProgramOf(program), [($"ConnectionStrings__{name}", value)]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"error: ConnectionStrings:{name} {sentence}", Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain(run.Errors, line => line.Contains("hunter2", StringComparison.Ordinal));
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("EventProcessor", "StackExchange:Redis", "localhost:1,password=a,hunter2=b", "is malformed, or has a keyword that ")]
    [InlineData("Registry", "StackExchange:Redis:redis", "localhost:1,password=hunter2,ssl=hunter2", "has no valid value of 'ssl'; ")]
    [InlineData("EventProcessor", "Npgsql", "Host=a;Port=hunter2", "has no valid value of 'port'; it must be like 'Host=")]
    [InlineData("Registry", "Npgsql:rankmybrand", "hunter2", "is malformed, or has a keyword that does not exist; it must be like 'Host=")]
    public async Task Start_MalformedConnectionStringOfAClient_NamesItAndKeepsTheSecret(
        string program, string section, string value, string sentence)
    {
        var setting = $"Aspire:{section}:ConnectionString";

        var run = await ProgramRun.OfAsync(
            ProgramOf(program), [("DOTNET_ENVIRONMENT", "Production"), (setting.Replace(":", "__", StringComparison.Ordinal), value)]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"error: {setting} {sentence}", Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain(run.Errors, line => line.Contains("hunter2", StringComparison.Ordinal));
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("Gateway", "appsettings.json", "{\n  \"A\": 1,\n  \"B\": thunter2\n}", "Line 3 is not JSON; ")]
    [InlineData("EventProcessor", "appsettings.Production.json", "{ \"A\": 1\n  \"B\": 2 }", "Line 2 is not JSON; ")]
    [InlineData("Registry", "appsettings.json", "", "Line 1 is not JSON; ")]
    [InlineData("Registry", "appsettings.json", "[ 1 ]", "Top-level JSON element must be an object. ")]
    [InlineData("EventProcessor", "appsettings.json", "{ \"A\": 1, \"a\": 2 }", "A duplicate key 'a' was found.")]
    public async Task Start_SettingsFileThatIsNoJson_NamesItAndItsLine(string program, string file, string content, string sentence)
    {
        var root = Directory.CreateTempSubdirectory("root-");
        var path = Path.Combine(root.FullName, file);
        await File.WriteAllTextAsync(path, content, TestContext.Current.CancellationToken);

        var run = await RunAsync(ProgramOf(program), [("ASPNETCORE_CONTENTROOT", root.FullName)]);

        root.Delete(recursive: true);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            $"error: Failed to load configuration from file '{path}'. {sentence}", Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain(run.Errors, line => line.Contains("hunter2", StringComparison.Ordinal));
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Command_NoContentRoot_EndsWithASentence()
    {
        var run = await ProgramRun.OfAsync(s_eventProcessor, [("DOTNET_CONTENTROOT", "/nowhere")], "groups", "list", "a");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("error: The content root '/nowhere/' is not a directory; ", Assert.Single(run.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "nonsense", "Invalid url: 'nonsense'")]
    [InlineData("ASPNETCORE_URLS", "ftp://127.0.0.1:0", "Unrecognized scheme in server address 'ftp://127.0.0.1:0'.")]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:99999", "Specified argument was out of the range of valid values. (Parameter 'port')")]
    [InlineData("ASPNETCORE_URLS", "http://192.0.2.1:8080", "Cannot assign requested address")]
    [InlineData("Kestrel__Endpoints__Edge__Url", "nonsense", "Invalid url: 'nonsense'")]
    [InlineData("Kestrel__Certificates__Default__Path", "/nowhere/a.pfx", "Could not find a part of the path '/nowhere/a.pfx'.")]
    [InlineData("Kestrel__Certificates__Default__Path", "/etc", "Access to the path '/etc' is denied.")]
    [InlineData("Kestrel__Certificates__Default__Path", "/etc/hostname", "")]
    public async Task Start_NothingToListenOn_SaysWhichSettingsToLookAt(string name, string value, string reason)
    {
        var run = await RunAsync(s_gateway, [("ASPNETCORE_URLS", "https://127.0.0.1:0"), (name, value)]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            $"error: The service cannot listen as ASPNETCORE_URLS or the section 'Kestrel' says: {reason}",
            Assert.Single(run.Errors),
            StringComparison.Ordinal);
        Assert.DoesNotContain(run.Output, IsOfAStack);
    }

    [Theory]
    [InlineData("ASPNETCORE_HTTP_PORTS", "abc", "HTTP_PORTS", "abc")]
    [InlineData("HTTP_PORTS", "8080;http://localhost:8081", "HTTP_PORTS", "http://localhost:8081")]
    [InlineData("ASPNETCORE_HTTPS_PORTS", "8080,8081", "HTTPS_PORTS", "8080,8081")]
    [InlineData("HTTPS_PORTS", "65536", "HTTPS_PORTS", "65536")]
    public async Task Start_NoPort_NamesItInsteadOfListeningElsewhere(string name, string value, string setting, string port)
    {
        var run = await RunAsync(s_gateway, [("ASPNETCORE_URLS", ""), (name, value)]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            [
                $"error: ASPNETCORE_{setting} or {setting} has '{port}', which is no port; it must be a number up to 65535 such as 8080, or "
                + "several with semicolons between them.",
            ],
            run.Errors);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("", "8080; 0 ;")]
    [InlineData("", null)]
    [InlineData("http://localhost:8080", "abc")]
    public void Ports_ThatTheServerTakesAsTheyAreOrNotAtAll_AreNoFault(string urls, string? ports) => new ConfigurationBuilder()
        .AddInMemoryCollection([new("urls", urls), new("HTTP_PORTS", ports)])
        .Build()
        .CheckPorts();

    [Theory]
    [InlineData(
        "Logging__LogLevel__Default", "Loud",
        "error: Configuration value 'Loud' is not supported. A level in the section 'Logging' must be one of Trace, Debug, Information, ")]
    [InlineData(
        "Aspire__StackExchange__Redis__DisableTracing", "perhaps",
        "error: Failed to convert configuration value 'perhaps' at 'Aspire:StackExchange:Redis:DisableTracing' to type 'System.Boolean'.")]
    [InlineData(
        "OTEL_EXPORTER_OTLP_HEADERS", "hunter2",
        "error: Headers provided in an invalid format. OTEL_EXPORTER_OTLP_HEADERS must be like 'name=value,other=value'.")]
    [InlineData(
        "OTEL_EXPORTER_OTLP_PROTOCOL", "grcp",
        "error: Configuration 'OTEL_EXPORTER_OTLP_PROTOCOL' is 'grcp', but must be grpc or http/protobuf.")]
    [InlineData(
        "ASPNETCORE_CONTENTROOT", "/nowhere",
        "error: The content root '/nowhere/' is not a directory; ASPNETCORE_CONTENTROOT or --contentRoot must name one.")]
    public async Task Start_BadSettingOfTheFramework_EndsWithASentenceAndNoStack(string name, string value, string sentence)
    {
        foreach (var program in (Assembly[])[s_gateway, s_registry, s_eventProcessor])
        {
            var run = await RunAsync(program, [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), (name, value)]);

            Assert.Equal(1, run.ExitCode);
            Assert.StartsWith(sentence, Assert.Single(run.Errors), StringComparison.Ordinal);
            Assert.Empty(run.Output);
        }
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

    [Theory]
    [InlineData("EventProcessor")]
    [InlineData("Registry")]
    public async Task Stop_WhileItWaitsForRedisToStart_EndsAtOnceAndWithoutAStack(string program)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        // Longer than the test waits: what ends must not have waited for its connection.
        var redis = $"{silent.LocalEndpoint},abortConnect=false,connectTimeout=600000";

        var run = await ProgramRun.OfAsync(ProgramOf(program), SettingsWith([("ConnectionStrings__redis", redis)]), async process =>
        {
            using var connection = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        });

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Errors);
        Assert.DoesNotContain(run.Output, IsOfAStack);
    }

    [Fact]
    public void Sentences_OfAFileThatNobodyMayRead_NameIt() =>
        // Root may read all, and tests run as root.
        Assert.Equal(
            ["Access to the path '/a' is denied."],
            StartupFaults.SentencesOf(new UnauthorizedAccessException("Access to the path '/a' is denied.")));

    [Fact]
    public void Sentences_OfWhatNobodyExpects_AreNone()
    {
        Assert.Empty(StartupFaults.SentencesOf(new InvalidOperationException("Thrown by nobody.")));
        Assert.Empty(StartupFaults.SentencesOf(Assert.ThrowsAny<InvalidOperationException>(() => Array.Empty<int>().Single())));
        Assert.Empty(StartupFaults.SentencesOf(new AggregateException(
            new OptionsValidationException("a", typeof(string), ["It is bad."]), new IOException("The disk is gone."))));
    }

    private static Assembly ProgramOf(string name) => name switch
    {
        "Gateway" => s_gateway,
        "Registry" => s_registry,
        _ => s_eventProcessor,
    };

    private static bool IsOfAStack(string line) => line.TrimStart().StartsWith("at ", StringComparison.Ordinal);

    private static Task<ProgramRun> RunAsync(Assembly program, IEnumerable<(string Name, string Value)> variables) =>
        ProgramRun.OfAsync(program, SettingsWith(variables));

    private static IEnumerable<(string Name, string Value)> SettingsWith(IEnumerable<(string Name, string Value)> variables) =>
    [
        ("ASPNETCORE_URLS", "http://127.0.0.1:0"),
        ("ASPNETCORE_CONTENTROOT", Path.Combine(AppContext.BaseDirectory, "gateway")),
        ("DOTNET_ENVIRONMENT", "Production"),
        ("ConnectionStrings__redis", "127.0.0.1:1,abortConnect=false"),
        ("ConnectionStrings__cache", "127.0.0.1:1,abortConnect=false"),
        ("ConnectionStrings__rankmybrand", "Host=127.0.0.1;Port=1;Username=nobody;Password=none"),
        ("ConnectionStrings__chroma", "Endpoint=http://127.0.0.1:1"),
        ("ConnectionStrings__minio", "Endpoint=http://127.0.0.1:1"),
        ("Security__ApiKeys__full__Key", GatewayHost.Key),
        ("Security__ApiKeys__full__Scopes__0", "*"),
        .. variables,
    ];
}
