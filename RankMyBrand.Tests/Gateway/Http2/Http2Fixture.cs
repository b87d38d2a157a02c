using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy;

namespace RankMyBrand.Tests.Gateway.Http2;

/// <summary>One gateway that speaks TLS, and one backend, for all tests of a class, which run one after the other.</summary>
public sealed class Http2Fixture(Gateways gateways) : IAsyncLifetime
{
    internal const string Subject = "CN=localhost";

    private readonly string _directory = Directory.CreateTempSubdirectory("http2-").FullName;

    private readonly SilentBackend _silent = new();

    internal RawBackend Backend { get; } = new();

    internal GatewayHost Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var certificate = Path.Combine(_directory, "gateway.pfx");
        await File.WriteAllBytesAsync(certificate, CreateCertificate(), TestContext.Current.CancellationToken);
        Gateway = await gateways.StartAsync(Backend, [
            ("Kestrel:Endpoints:tls:Url", "https://127.0.0.1:0"),
            ("Kestrel:Endpoints:tls:Certificate:Path", certificate),
            ("ReverseProxy:Routes:silent:ClusterId", "silent"),
            ("ReverseProxy:Routes:silent:Match:Path", "/silent"),
            ("ReverseProxy:Clusters:silent:Destinations:one:Address", _silent.Address.ToString()),
            ("Gateway:Limits:HeadersTimeout", "00:00:02"),
            ("RateLimits:Policies:caller:Permits", "100000000"),
            ("RateLimits:Policies:caller:Burst", "100000000"),
        ]);
    }

    /// <summary>Checks that a new client is served as ever.</summary>
    internal async Task AssertServesAsync()
    {
        await using var client = await Http2Client.ConnectAsync(Gateway.Address);
        await client.SendAsync(FrameType.Headers, FrameFlags.EndHeaders | FrameFlags.EndStream, 1, HeaderBlock.Encode(Http2AttackTests.Good));
        Assert.Equal(new Outcome("200", "hello"), await client.OutcomeAsync());
    }

    /// <summary>How many requests are under way to the services of a cluster.</summary>
    internal int InFlight(string cluster)
    {
        Assert.True(Gateway.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster(cluster, out var state));
        return Gateway.Services.GetRequiredService<UpstreamDirectory>().Find(cluster).HealthyDestinations(state).Sum(destination => destination.InFlight);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Backend.DisposeAsync();
        _silent.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static byte[] CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest(Subject, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(30), DateTimeOffset.UnixEpoch.AddYears(130));
        return certificate.Export(X509ContentType.Pfx);
    }
}
