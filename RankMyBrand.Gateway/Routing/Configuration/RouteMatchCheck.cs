using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.AspNetCore.Routing.Patterns;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// Looks at what routes match, as the framework will: it does so only when it builds its table for the next request, and after a failure
/// there it takes no further change.
/// </summary>
internal sealed partial class RouteMatchCheck(ParameterPolicyFactory policies)
{
    /// <returns>What is wrong, one sentence each.</returns>
    public IEnumerable<string> Failures(RouteConfig route)
    {
        foreach (var host in route.Match.Hosts ?? [])
        {
            if (!CanMatch(host))
                yield return $"Route '{route.RouteId}': Match:Hosts has '{host}'; behind ':' it must have a port or '*'.";
        }

        if (route.Match.Path is { } path && PathFailure(path) is { } failure)
            yield return $"Route '{route.RouteId}': Match:Path is '{path}'; {failure}";
    }

    /// <summary>
    /// Routes with the same path, order and conditions: the framework could not choose one and would answer each such request with 500.
    /// </summary>
    public static IEnumerable<string> Twins(IEnumerable<RouteConfig> routes) =>
        from route in routes
        group route.RouteId by Signature(route) into same
        where same.Skip(1).Any()
        select $"The routes {string.Join(", ", same.Select(id => $"'{id}'"))} match the same requests; give each an Order of its own.";

    private static bool CanMatch(string host) => host.Split(':') switch
    {
        [{ Length: > 0 }] or [{ Length: > 0 }, "*"] => true,
        [{ Length: > 0 }, var port] => ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        _ => false,
    };

    private string? PathFailure(string path)
    {
        try
        {
            foreach (var parameter in RoutePatternFactory.Parse(path).Parameters)
            {
                foreach (var reference in parameter.ParameterPolicies)
                {
                    // A regular expression is compiled when it is first asked for.
                    if (policies.Create(parameter, reference) is RegexRouteConstraint expression)
                        _ = expression.Constraint;
                }
            }

            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return string.Join(" ", RouteTableCheck.Sentences(e));
        }
    }

    private static string Signature(RouteConfig route)
    {
        var match = route.Match;
        return string.Join(
            '\n',
            ParameterName().Replace(match.Path ?? "", "{${stars}").ToUpperInvariant(),
            route.Order,
            Sorted(match.Hosts?.Select(host => host.ToUpperInvariant())),
            Sorted(match.Methods?.Select(method => method.ToUpperInvariant())),
            Sorted(match.Headers?.Select(
                header => $"{header.Name} {header.Mode} {header.IsCaseSensitive} {string.Join(' ', header.Values ?? [])}")),
            Sorted(match.QueryParameters?.Select(
                query => $"{query.Name} {query.Mode} {query.IsCaseSensitive} {string.Join(' ', query.Values ?? [])}")));
    }

    private static string Sorted(IEnumerable<string>? texts) =>
        string.Join(',', (texts ?? []).Order(StringComparer.Ordinal));

    [GeneratedRegex(@"\{(?<stars>\**)[^}:=?]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ParameterName();
}
