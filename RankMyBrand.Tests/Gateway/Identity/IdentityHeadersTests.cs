using RankMyBrand.Gateway.Http;
using static RankMyBrand.Tests.Gateway.Identity.AuthenticationTests;

namespace RankMyBrand.Tests.Gateway.Identity;

/// <summary>What services are told about the caller, and that no client can say it instead.</summary>
public sealed class IdentityHeadersTests(Gateways gateways)
{
    [Fact]
    public async Task Services_GetTenantAndIdentity()
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(backend);

        using var response = await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key));

        Assert.Equal(["acme"], RawBackend.Values(backend.Only, "X-Tenant-ID"));
        Assert.Equal(["key:full"], RawBackend.Values(backend.Only, "X-Identity-ID"));
    }

    [Theory]
    [InlineData("X-Tenant-ID")]
    [InlineData("x-tenant-id")]
    [InlineData("X_Tenant_ID")]
    [InlineData("x_tenant-id")]
    [InlineData("X-Tenant")]
    [InlineData("X-TenantId")]
    [InlineData("Tenant-ID")]
    [InlineData("X-Identity-ID")]
    [InlineData("X_IDENTITY_ID")]
    [InlineData("X-Identity-Roles")]
    [InlineData("X-User-ID")]
    [InlineData("X-User-Email")]
    [InlineData("X-Auth-User")]
    [InlineData("X-Consumer-ID")]
    [InlineData("X-MS-CLIENT-PRINCIPAL-NAME")]
    [InlineData("SSL-Client-Cert")]
    [InlineData("X-Remote-IP")]
    [InlineData("X-Envoy-External-Address")]
    [InlineData("X-Roles")]
    [InlineData("X-Scopes")]
    [InlineData("Remote-User")]
    [InlineData("Remote_User")]
    [InlineData("X-Forwarded-User")]
    [InlineData("X-Auth-Request-Email")]
    [InlineData("X-Authenticated-User")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Forwarded")]
    [InlineData("X-Real-IP")]
    [InlineData("True-Client-IP")]
    [InlineData("X-Original-URL")]
    [InlineData("X-Rewrite-URL")]
    [InlineData("X-HTTP-Method-Override")]
    [InlineData("Transfer_Encoding")]
    [InlineData("Content_Length")]
    [InlineData("Any_Thing")]
    [InlineData("X-Content-Length")]
    [InlineData("X-Forwarded-Prefix")]
    [InlineData("Client-Cert")]
    public async Task WhatAClientSays_NeverArrives(string header)
    {
        await using var backend = new RawBackend();
        await using var gateway = await gateways.StartAsync(
            backend,
            ("ReverseProxy:Routes:open:ClusterId", "test"),
            ("ReverseProxy:Routes:open:Match:Path", "/open"),
            ("ReverseProxy:Routes:open:Metadata:Anonymous", "true"));

        // Also twice, and where nobody is identified.
        using (await SendAsync(gateway, "/echo/x", ("X-API-Key", GatewayHost.Key), (header, "evil"), (header, "evil-too")))
        using (await SendAsync(gateway, "/open", (header, "evil")))
        {
        }

        Assert.Equal(2, backend.Requests.Count);
        Assert.All(backend.Requests, request => Assert.DoesNotContain("evil", request, StringComparison.Ordinal));
        Assert.Equal(["acme"], RawBackend.Values(backend.Requests.First(), "X-Tenant-ID"));
        Assert.Empty(RawBackend.Values(backend.Requests.Last(), "X-Tenant-ID"));
    }

    [Theory]
    [InlineData("Accept")]
    [InlineData("Content-Type")]
    [InlineData("Idempotency-Key")]
    [InlineData("X-Correlation-ID")]
    [InlineData("traceparent")]
    [InlineData("X-Custom-Header")]
    [InlineData("X-Usage")]
    [InlineData("Host")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Content-Length")]
    [InlineData("X-API-Key")]
    [InlineData("Authorization")]
    [InlineData("User-Agent")]
    [InlineData("X-Users-Favourite")]
    public void OtherHeaders_AreNobodysBusiness(string header) => Assert.False(ClientHeaders.IsReserved(header));
}
