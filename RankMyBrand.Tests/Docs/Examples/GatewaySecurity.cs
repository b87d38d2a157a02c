using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Tests.Docs.Examples.GatewaySecurity;

internal static class Example
{
    public static void AddRevoker(IHostApplicationBuilder builder)
    {
        builder.AddTokenRevoker();                                       // the Redis of ConnectionStrings:redis
    }

    public static async Task RevokeAsync(
        TokenRevoker revoker, string tokenId, DateTimeOffset expiresAt, string subject, TimeProvider time,
        CancellationToken cancellationToken)
    {
        await revoker.RevokeTokenAsync(tokenId, expiresAt, cancellationToken);
        await revoker.RevokeSubjectAsync(subject, issuedBefore: time.GetUtcNow(), cancellationToken);
    }
}
