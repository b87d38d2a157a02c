using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class EndpointTests
{
    [Fact]
    public async Task Endpoint_OfASingleProcess_IsItsOwnPort()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("web", "echo port $PORT; exec sleep 600").WithHttpEndpoint(env: "PORT");
        await using var app = await builder.StartAsync();

        Assert.Equal($"port {app.GetEndpoint("web").Port}", await app.LineAsync("web", "port "));
    }

    [Fact]
    public async Task Port_ThatIsTaken_FailsAndNamesPortEndpointAndHolder()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        await using var builder = DistributedApplicationTestingBuilder.Create("DcpPublisher:RandomizePorts=false");
        builder.AddShell("web", "exec sleep 600").WithHttpEndpoint(port: port, name: "front");
        await using var app = await builder.StartAsync();

        await app.StateAsync("web", KnownResourceStates.FailedToStart);

        var sentence = await app.LineAsync("web", $"Port {port}");
        Assert.Contains("endpoint 'front' of the resource 'web'", sentence, StringComparison.Ordinal);
        Assert.Contains($"(pid {Environment.ProcessId})", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PortOfALaunchProfile_ThatIsTaken_NamesTheFileToChange()
    {
        using var directory = new TemporaryDirectory();
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(directory.Path, "Properties")).FullName, "launchSettings.json");
        await File.WriteAllTextAsync(
            file,
            $$$"""
            { "profiles": { "http": { "commandName": "Project", "applicationUrl": "http://localhost:{{{port}}}" } } }
            """,
            TestContext.Current.CancellationToken);
        await using var builder = DistributedApplicationTestingBuilder.Create("DcpPublisher:RandomizePorts=false");
        builder.AddProject("web", Path.Combine(directory.Path, "Web.csproj"));
        await using var app = await builder.StartAsync();

        Assert.EndsWith($"; stop it or choose another port in '{file}'.", await app.LineAsync("web", $"Port {port}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoint_WhenNoneIsNamed_IsThatNamedHttp()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var web = builder.AddShell("web", "exec sleep 600").WithHttpEndpoint(name: "admin").WithHttpEndpoint().WithHttpHealthCheck();
        await using var app = await builder.StartAsync();

        Assert.Equal(web.GetEndpoint("http").Port, app.GetEndpoint("web").Port);
        using var client = app.CreateHttpClient("web", "");
        Assert.Equal(web.GetEndpoint("http").Port, client.BaseAddress?.Port);
        Assert.Equal("web_http_/_200_check", Assert.Single(web.Resource.Annotations.OfType<HealthCheckAnnotation>()).Key);
    }

    [Fact]
    public async Task FixedPorts_InATest_AreRandomized()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("web", "exec sleep 600").WithHttpEndpoint(port: 8080);
        await using var app = await builder.StartAsync();

        Assert.NotEqual(8080, app.GetEndpoint("web").Port);
    }

    [Fact]
    public async Task Endpoint_WithATargetPortOfItsOwn_IsProxied()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var targetPort = ((IPEndPoint)server.LocalEndpoint).Port;
        var publicPort = FreePort();
        await using var builder = DistributedApplicationTestingBuilder.Create("DcpPublisher:RandomizePorts=false");
        builder.AddShell("web", "exec sleep 600").WithEndpoint(port: publicPort, targetPort: targetPort, name: "tcp");
        await using var app = await builder.StartAsync();
        var cancellationToken = TestContext.Current.CancellationToken;

        using var client = new TcpClient();
        await client.ConnectAsync("localhost", publicPort, cancellationToken);
        using var accepted = await server.AcceptTcpClientAsync(cancellationToken).AsTask().WaitAsync(Apps.Patience, cancellationToken);

        Assert.True(accepted.Connected);
    }

    [Fact]
    public async Task Urls_OfAResource_CanBeAddedAndChanged()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("web", "exec sleep 600").WithHttpEndpoint()
            .WithUrl("/docs", "Documents")
            .WithUrlForEndpoint("http", url => url.DisplayText = "Home");
        await using var app = await builder.StartAsync();

        var urls = (await app.EventAsync("web", s => s.State?.Text == KnownResourceStates.Running)).Snapshot.Urls;

        Assert.Contains(urls, u => u.DisplayProperties.DisplayName == "Home" && u.Name == "http");
        Assert.Contains(urls, u => u.DisplayProperties.DisplayName == "Documents" && u.Url == new Uri(app.GetEndpoint("web"), "/docs").ToString());
    }

    [Fact]
    public void Reference_BeforeTheAddressIsKnown_Throws()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var web = builder.AddShell("web", "true").WithHttpEndpoint(targetPort: 5000);

        var endpoint = web.GetEndpoint("http");

        Assert.True(endpoint.Exists);
        Assert.False(endpoint.IsAllocated);
        Assert.Equal(5000, endpoint.TargetPort);
        Assert.Throws<InvalidOperationException>(() => endpoint.Port);
        Assert.False(web.GetEndpoint("other").Exists);
    }

    [Fact]
    public void Endpoint_DeclaredTwice_IsUpdated()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var web = builder.AddShell("web", "true").WithHttpEndpoint(port: 5000).WithHttpEndpoint(targetPort: 6000, name: "HTTP");

        var endpoint = Assert.Single(web.Resource.Annotations.OfType<EndpointAnnotation>());

        Assert.Equal((5000, 6000), (endpoint.Port, endpoint.TargetPort));
    }

    [Fact]
    public void ExternalHttpEndpoints_CoverThoseDeclaredSoFar()
    {
        using var builder = DistributedApplicationTestingBuilder.Create();
        var web = builder.AddShell("web", "true").WithHttpEndpoint().WithEndpoint(name: "raw").WithExternalHttpEndpoints().WithHttpsEndpoint();

        var external = web.Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.IsExternal).Select(e => e.Name);

        Assert.Equal(["http"], external);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
