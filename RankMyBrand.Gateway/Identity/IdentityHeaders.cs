using Microsoft.Net.Http.Headers;

namespace RankMyBrand.Gateway.Identity;

/// <summary>What services are told about the caller. What a client says under such names is gone by now.</summary>
internal static class IdentityHeaders
{
    public const string Tenant = "X-Tenant-ID";
    public const string Identity = "X-Identity-ID";

    /// <summary>Replaces the credential by what it has proved.</summary>
    public static void Set(IHeaderDictionary headers, CallerIdentity identity)
    {
        RemoveCredentials(headers);
        headers[Identity] = identity.Id;
        if (identity.Tenant is not null)
            headers[Tenant] = identity.Tenant;
    }

    /// <summary>No service sees a credential that is meant for the gateway.</summary>
    public static void RemoveCredentials(IHeaderDictionary headers)
    {
        headers.Remove(Authenticator.KeyHeader);
        headers.Remove(HeaderNames.Authorization);
    }
}
