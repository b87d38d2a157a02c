namespace RankMyBrand.Tests.Gateway;

/// <summary>A misspelt setting of the gateway would otherwise be a default that nobody wanted, such as one limit for all clients.</summary>
public sealed class SettingsTests(Gateways gateways)
{
    [Theory]
    [InlineData("Gateway:Adresses:Proxies:0", "10.0.0.0/8", "Gateway:Adresses is not a setting; those are Limits, Addresses, Headers, Cors, RateLimits.")]
    [InlineData("Gateway:Addresses:Proxy:0", "10.0.0.0/8", "Gateway:Addresses:Proxy is not a setting; those are Proxies, Operators, OperatorsPort.")]
    [InlineData("Gateway:Addresses:KnownProxies:0", "10.0.0.0/8", "Gateway:Addresses:KnownProxies is not a setting")]
    [InlineData("Gateway:Addresses:Proxies", "10.0.0.0/8", "'Gateway:Addresses:Proxies' is a text; it must be a list, as in Gateway:Addresses:Proxies:0.")]
    [InlineData("Gateway:Addresses:Proxies", "", "'Gateway:Addresses:Proxies' is empty; it must have at least one item, or be left out.")]
    [InlineData("Gateway:Addresses:Proxies:0", "[::1]:80", "Gateway:Addresses:Proxies has '[::1]:80'; each must be an address range such as 10.0.0.0/8")]
    [InlineData("Gateway:Addresses:OperatorsPort", "", "'Gateway:Addresses:OperatorsPort' is empty; it must be a whole number (Int32), or be left out.")]
    [InlineData("Gateway:Limits:Conections", "10", "Gateway:Limits:Conections is not a setting; those are RequestLine, ")]
    [InlineData("Gateway:Cors:Origin:0", "https://app.example.com", "Gateway:Cors:Origin is not a setting; those are Origins, ")]
    [InlineData("Gateway:Headers:PagePolcy", "x", "Gateway:Headers:PagePolcy is not a setting; those are ")]
    [InlineData("Gateway:RateLimits:Anonymus", "address", "Gateway:RateLimits:Anonymus is not a setting; those are Default, Anonymous, Credentials.")]
    [InlineData("Hub:MaxConections", "10", "Hub:MaxConections is not a setting; those are Heartbeat, ")]
    [InlineData("ApiDocument:Source:registry", "http://registry", "ApiDocument:Source is not a setting; those are Sources, MaxAge, SourceTimeout.")]
    [InlineData("ApiDocument:Sources", "http://registry", "'ApiDocument:Sources' is a text; it must be a section.")]
    [InlineData("Security:Jw:Issuer", "https://login.example.com", "Security:Jw is not a setting; those are ApiKeys, Jwt, JwtIssuer.")]
    [InlineData("RateLimits:Polices:caller:Permits", "10", "RateLimits:Polices is not a setting; those are Policies, ")]
    [InlineData("Gateway:Headers:DataPolicy", "default-src 'none';\n", "Configuration 'Gateway:Headers:DataPolicy' is not valid: It must be one line of visible ASCII.")]
    [InlineData("Gateway:Headers:PagePolicy", "default-src \u201cself\u201d", "Configuration 'Gateway:Headers:PagePolicy' is not valid")]
    [InlineData("Gateway:Addresses:OperatorsPort", "1", "Gateway:Addresses:OperatorsPort is 1, where the gateway does not listen; add http://*:1 to ASPNETCORE_URLS.")]
    public async Task Start_ASettingThatCannotBe_IsNamed(string key, string value, string expected)
    {
        await using var backend = new RawBackend();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => gateways.StartAsync(backend, (key, value)));

        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }
}
