namespace RankMyBrand.Tests.Gateway.Http;

/// <summary>One gateway and one backend for all tests of a class, which run one after the other.</summary>
public sealed class EdgeFixture(Gateways gateways) : IAsyncLifetime
{
    internal RawBackend Backend { get; } = new();

    internal GatewayHost Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Gateway = await gateways.StartAsync(Backend, [
        ("ReverseProxy:Routes:small:ClusterId", "test"),
        ("ReverseProxy:Routes:small:Match:Path", "/small"),
        ("ReverseProxy:Routes:small:MaxRequestBodySize", "1000"),
    ]);

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Backend.DisposeAsync();
    }
}
