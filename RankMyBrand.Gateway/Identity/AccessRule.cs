using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Authorization;
using RankMyBrand.Foundation.Security;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace RankMyBrand.Gateway.Identity;

/// <summary>
/// Who may call an endpoint. A proxied route says it in its metadata: <c>Scopes</c> (all are needed), <c>Roles</c> (one is enough),
/// or <c>Anonymous: true</c>. Whatever says nothing is for callers who are known.
/// </summary>
internal sealed record AccessRule(bool IsAnonymous, string[] Scopes, string[] Roles)
{
    public const string ScopesKey = "Scopes";
    public const string RolesKey = "Roles";
    public const string AnonymousKey = "Anonymous";

    private static readonly AccessRule s_known = new(IsAnonymous: false, [], []);
    private static readonly AccessRule s_anyone = new(IsAnonymous: true, [], []);
    private static readonly ConditionalWeakTable<Endpoint, AccessRule> s_rules = [];

    /// <summary>The rule of an endpoint.</summary>
    public static AccessRule Of(Endpoint endpoint) => s_rules.GetValue(endpoint, static endpoint =>
    {
        if (endpoint.Metadata.GetMetadata<AccessRule>() is { } own)
            return own;
        // What YARP or a convention puts on the endpoint of a route does not outweigh what its configuration says.
        if (endpoint.Metadata.GetMetadata<RouteModel>() is { } route)
            return Parse(route.Config);
        return endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null ? s_known : s_anyone;
    });

    /// <summary>Reads the metadata of a route.</summary>
    /// <exception cref="ArgumentException">It contradicts itself or cannot be read.</exception>
    public static AccessRule Parse(RouteConfig route)
    {
        var (scopes, roles) = (List(route, ScopesKey), List(route, RolesKey));
        var anonymous = route.Metadata?.GetValueOrDefault(AnonymousKey);
        if (anonymous is not null && !bool.TryParse(anonymous, out _))
            throw Invalid(route, AnonymousKey, anonymous, "it must be true or false");
        var isAnonymous = anonymous is not null && bool.Parse(anonymous);
        if (isAnonymous && scopes.Length + roles.Length > 0)
            throw Invalid(route, AnonymousKey, anonymous, $"a route that has {ScopesKey} or {RolesKey} cannot be anonymous");
        return new AccessRule(isAnonymous, scopes, roles);
    }

    /// <summary>Whether a caller has all scopes and one of the roles.</summary>
    public bool Admits(CallerIdentity identity) =>
        Array.TrueForAll(Scopes, identity.HasScope) && (Roles.Length == 0 || Array.Exists(Roles, identity.HasRole));

    private static string[] List(RouteConfig route, string key)
    {
        if (route.Metadata?.GetValueOrDefault(key) is not { } text)
            return [];
        var items = text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        // Emptied by mistake, it would open the route to everybody who has a key.
        if (items.Length == 0)
            throw Invalid(route, key, text, "it must name at least one, or be left out");
        // They end in a header of the refusal.
        return Array.TrueForAll(items, ApiKeyIdentity.IsScope)
            ? items
            : throw Invalid(route, key, text, "each must be 1 to 128 visible ASCII characters without '\"'");
    }

    private static ArgumentException Invalid(RouteConfig route, string key, string? value, string expected) =>
        new($"Route '{route.RouteId}': Metadata:{key} is '{value}'; {expected}.");
}
