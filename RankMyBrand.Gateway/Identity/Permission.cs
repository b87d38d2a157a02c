using System.Net;

namespace RankMyBrand.Gateway.Identity;

/// <summary>
/// That a caller may do what it has begun. A request is over before that can change; a stream or a WebSocket has it watched, and is ended
/// when its credential was revoked, has expired or may do less than before.
/// </summary>
internal sealed class Permission(CallerIdentity identity, AccessRule rule, IPAddress? address, CredentialWatch watch) : IDisposable
{
    private readonly Lock _gate = new();
    private Action? _end;

    /// <summary>The permission of a request; null where everybody has it.</summary>
    public static Permission? Of(HttpContext http) => http.GetCaller().Identity is { } identity
        ? new Permission(
            identity, AccessRule.Of(http.GetEndpoint()!), http.Connection.RemoteIpAddress, http.RequestServices.GetRequiredService<CredentialWatch>())
        : null;

    /// <summary>Calls <paramref name="end"/> when the permission is gone, within about a second; not after this was disposed.</summary>
    public Permission Watch(Action end)
    {
        _end = end;
        watch.Add(this);
        return this;
    }

    /// <summary>Whether the caller would get it today.</summary>
    public bool StillHolds(Authenticator authenticator) =>
        authenticator.Renew(identity, address) is { } now && now.Tenant == identity.Tenant && rule.Admits(now);

    public void End()
    {
        lock (_gate)
            _end?.Invoke();
    }

    public void Dispose()
    {
        watch.Remove(this);
        // What has ended by itself may be in use for something else by now.
        lock (_gate)
            _end = null;
    }
}
