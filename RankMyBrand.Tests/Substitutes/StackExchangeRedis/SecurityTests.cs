using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class SecurityTests
{
    public static TheoryData<RedisProtocol> Protocols => [RedisProtocol.Resp2, RedisProtocol.Resp3];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Protocols))]
    public async Task AclUser_WithPassword_MayDoWhatItMay(RedisProtocol protocol)
    {
        await using var server = await RedisServer.StartAsync(Cancellation, "--requirepass", "root", "--user", "app", "on", ">s3cret", "~app:*", "&*", "+@all", "-@dangerous", "+info");
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{server.EndPoint},user=app,password=s3cret,protocol={protocol}");

        await client.GetDatabase().StringSetAsync("app:x", 1);
        var error = await Assert.ThrowsAsync<RedisServerException>(() => client.GetDatabase().StringSetAsync("other", 1));

        Assert.StartsWith("NOPERM", error.Message, StringComparison.Ordinal);
        Assert.Equal("app", (string?)await client.GetDatabase().ExecuteAsync("ACL", "WHOAMI"));
        Assert.Equal(protocol, client.GetServers()[0].Protocol);
    }

    [Theory, InlineData(",password=wrong", "WRONGPASS"), InlineData("", "NOAUTH"), InlineData(",user=nobody,password=root", "WRONGPASS")]
    public async Task Password_WrongOrMissing_IsSaid(string credentials, string code)
    {
        await using var server = await RedisServer.StartAsync(Cancellation, "--requirepass", "root");

        var error = await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(server.EndPoint + credentials));

        Assert.Equal(ConnectionFailureType.AuthenticationFailure, error.FailureType);
        Assert.StartsWith("It was not possible to connect to the redis server(s).", error.Message, StringComparison.Ordinal);
        Assert.Contains(code, error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task AclUser_WithoutPassword_IsNotTheDefaultUser(RedisProtocol protocol)
    {
        await using var server = await RedisServer.StartAsync(
            Cancellation, "--user", "reader", "on", "nopass", "~*", "&*", "+@read", "+@connection", "+info");
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{server.EndPoint},user=reader,protocol={protocol}");

        var error = await Assert.ThrowsAsync<RedisServerException>(() => client.GetDatabase().StringSetAsync("k", 1));

        Assert.StartsWith("NOPERM", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_ThatTheServerDoesNotAskFor_DoesNotMatter()
    {
        await using var server = await RedisServer.StartAsync(Cancellation);
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{server.EndPoint},password=unasked");

        Assert.True(await client.GetDatabase().StringSetAsync("k", 1));
    }

    [Theory, MemberData(nameof(Protocols))]
    public async Task Tls_TrustedCertificate_Connects(RedisProtocol protocol)
    {
        using var authority = CreateAuthority();
        await using var server = await StartTlsAsync(authority);
        var options = ConfigurationOptions.Parse($"{server.EndPoint},ssl=true,sslHost=redis.test,protocol={protocol}");
        options.CertificateValidation += (_, certificate, _, _) => IsIssuedBy(certificate!, authority);
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        var large = new byte[1024 * 1024];
        RandomNumberGenerator.Fill(large);

        await client.GetDatabase().StringSetAsync("k", large);
        var read = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetDatabase().StringGetAsync("k")));
        var queue = await client.GetSubscriber().SubscribeAsync(RedisChannel.Literal("c"));
        await client.GetSubscriber().PublishAsync(RedisChannel.Literal("c"), "m");

        Assert.All(read, value => Assert.True(large.AsSpan().SequenceEqual((byte[]?)value)));
        Assert.Equal("m", (string?)(await queue.ReadAsync(Cancellation)).Message);
    }

    [Fact]
    public async Task Tls_UntrustedCertificate_IsRefused()
    {
        using var authority = CreateAuthority();
        await using var server = await StartTlsAsync(authority);

        var error = await Assert.ThrowsAsync<RedisConnectionException>(
            () => ConnectionMultiplexer.ConnectAsync($"{server.EndPoint},ssl=true,sslHost=redis.test,connectRetry=1"));

        Assert.Equal(ConnectionFailureType.AuthenticationFailure, error.FailureType);
    }

    private static Task<RedisServer> StartTlsAsync(X509Certificate2 authority) => RedisServer.StartAsync(
        directory =>
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=redis.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("redis.test");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), [1, 2, 3, 4]);
            File.WriteAllText(Path.Combine(directory, "server.crt"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(directory, "server.key"), key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(Path.Combine(directory, "ca.crt"), authority.ExportCertificatePem());
        },
        Cancellation,
        "--tls-cert-file", "{dir}/server.crt", "--tls-key-file", "{dir}/server.key", "--tls-ca-cert-file", "{dir}/ca.crt", "--tls-auth-clients", "no");

    private static X509Certificate2 CreateAuthority()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static bool IsIssuedBy(X509Certificate certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()));
    }
}
